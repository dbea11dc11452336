using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>Reads the published tables of measurements, as aiconfigurator has them. Every reader tells all faults of its file at once.</summary>
public static class MeasuredTables
{
    /// <summary>NCCL: device, num_gpus, bytes_per_rank, latency_ms.</summary>
    /// <exception cref="InputException">The file is not such a table.</exception>
    public static ImmutableArray<NcclRow> Nccl(string path) => Read<NcclRow>(path, "device,num_gpus,bytes_per_rank,latency_ms", row =>
        [new NcclRow(row.Device(), row.Whole("num_gpus", 2), row.Whole("bytes_per_rank", 1), row.Above0("latency_ms") * 1e-3)]);

    /// <summary>DeepEP's low-latency kernels: two rows a line, dispatch and combine.</summary>
    /// <exception cref="InputException">The file is not such a table.</exception>
    public static ImmutableArray<DeepEpRow> DeepEpLowLatency(string path) => Read<DeepEpRow>(
        path, "node_num,hidden_size,num_token,num_topk,num_experts,dispatch_avg_t_us,combine_avg_t_us", row =>
        [
            DeepEp(row, ExchangeDirection.Dispatch, null, "dispatch_avg_t_us"),
            DeepEp(row, ExchangeDirection.Combine, null, "combine_avg_t_us"),
        ]);

    /// <summary>DeepEP's normal kernels: two rows a line, dispatch and combine; the time to transmit, without that to notify.</summary>
    /// <exception cref="InputException">The file is not such a table.</exception>
    public static ImmutableArray<DeepEpRow> DeepEpNormal(string path) => Read<DeepEpRow>(
        path,
        "node_num,hidden_size,num_token,num_topk,num_experts,dispatch_sms,dispatch_transmit_us,dispatch_notify_us,combine_sms,"
        + "combine_transmit_us,combine_notify_us",
        row =>
        [
            DeepEp(row, ExchangeDirection.Dispatch, row.Whole("dispatch_sms", 1), "dispatch_transmit_us"),
            DeepEp(row, ExchangeDirection.Combine, row.Whole("combine_sms", 1), "combine_transmit_us"),
        ]);

    /// <summary>Fused MoE kernels whose experts are all on one device and have equally many tokens.</summary>
    /// <exception cref="InputException">The file is not such a table.</exception>
    public static ImmutableArray<ExpertKernelRow> ExpertKernels(string path) => Read<ExpertKernelRow>(
        path, "kernel_source,moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,moe_ep_size,distribution,latency", row =>
        {
            row.OneOf("moe_ep_size", "1");
            row.OneOf("distribution", "balanced");
            return
            [
                new ExpertKernelRow(
                    row.OneOf("moe_dtype", "bfloat16", "fp8_block") == 1, row.Whole("num_tokens", 1), row.Whole("hidden_size", 1),
                    row.Whole("inter_size", 1), row.Whole("topk", 1), row.Whole("num_experts", 1), row.Above0("latency") * 1e-3),
            ];
        });

    private static DeepEpRow DeepEp(Line row, ExchangeDirection direction, int? sms, string column) => new(
        direction, row.Whole("node_num", 1), row.Whole("hidden_size", 1), row.Whole("num_token", 1), row.Whole("num_topk", 1),
        row.Whole("num_experts", 1), sms, row.Above0(column) * 1e-6);

    private static ImmutableArray<T> Read<T>(string path, string header, Func<Line, IEnumerable<T>> rows)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, "file", e.Message, "a file that can be read");
        }
        if (lines.Length < 2 || lines[0] != header)
            throw new InputException(path, "line 1", lines.FirstOrDefault(), $"\"{header}\" and at least one row");
        var faults = new InputFaults(path);
        var columns = header.Split(',');
        var read = ImmutableArray.CreateBuilder<T>();
        for (var i = 1; i < lines.Length; i++)
        {
            var values = lines[i].Split(',');
            if (faults.Require(values.Length == columns.Length, $"line {i + 1}", lines[i], $"{columns.Length} values"))
                read.AddRange(rows(new Line(faults, i + 1, columns, values)));
        }
        faults.ThrowIfAny();
        return read.ToImmutable();
    }

    private sealed record Line(InputFaults Faults, int Number, string[] Columns, string[] Values)
    {
        public int Whole(string column, int least)
        {
            var told = this[column];
            var read = int.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
            return Faults.Require(read && value >= least, Where(column), told, $"a whole number, {least} or more") ? value : least;
        }

        public double Above0(string column)
        {
            var told = this[column];
            var read = double.TryParse(told, NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
            return Faults.Require(read && value > 0 && double.IsFinite(value), Where(column), told, "above 0, finite") ? value : 1;
        }

        public int OneOf(string column, params string[] allowed)
        {
            var index = Array.IndexOf(allowed, this[column]);
            Faults.Require(index >= 0, Where(column), this[column], string.Join(" or ", allowed));
            return Math.Max(0, index);
        }

        /// <summary>NVIDIA H100 80GB HBM3 or NVIDIA A100-SXM4-80GB: the word after the maker, up to a dash.</summary>
        public string Device()
        {
            var words = this["device"].Split(' ', '-');
            return Faults.Require(words.Length >= 2 && words[0] == "NVIDIA", Where("device"), this["device"], "NVIDIA and a device")
                ? words[1]
                : "";
        }

        private string this[string column] => Values[Array.IndexOf(Columns, column)];

        private string Where(string column) => $"line {Number}, {column}";
    }
}
