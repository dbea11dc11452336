using System.Collections.Immutable;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>All curves of the constants that come with the program, in the order in which they are fitted.</summary>
public static class FittedCurves
{
    /// <summary>The curves with their rows and limits.</summary>
    public static ImmutableArray<FittedCurve> Of(Measurements measurements)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        var h100 = Machine("h100-8");
        return
        [
            .. measurements.Nccl.GroupBy(row => row.Device).Select(rows => Nccl(rows.Key, [.. rows])),
            new FittedCurve(
                "DeepEP low latency", h100, [.. measurements.LowLatency], 0.04, Direction, null,
                (form, rows) => DeepEpFit.LowLatency(form, h100, [.. rows.Cast<DeepEpRow>()])),
            new FittedCurve("DeepEP normal", h100, [.. measurements.Normal], 0.06, Sms, SmsOfSeveralNodes, FitNormal),
            Experts(float8: true),
            Experts(float8: false),
        ];

        FittedCurve Nccl(string device, ImmutableArray<MeasuredRow> rows)
        {
            var machine = Machine(device.ToLowerInvariant() + "-8");
            return new FittedCurve(
                "NCCL on " + device, machine, rows, 0.08, _ => "all", row => $"{((NcclRow)row).Gpus} GPUs",
                (form, kept) => NcclFit.Fit(form, machine, [.. kept.Cast<NcclRow>()]));
        }

        DeviceConstants FitNormal(DeviceConstants form, ImmutableArray<MeasuredRow> rows)
        {
            foreach (var direction in Enum.GetValues<ExchangeDirection>())
                form = DeepEpFit.Normal(form, h100, [.. rows.Cast<DeepEpRow>().Where(row => row.Direction == direction)], direction);
            return form;
        }

        FittedCurve Experts(bool float8) => new(
            float8 ? "fused MoE, FP8" : "fused MoE, bfloat16", h100, [.. measurements.Experts.Where(row => row.Float8 == float8)], 0.09,
            Shape, null, (form, rows) => ExpertKernelFit.Fit(form, h100, [.. rows.Cast<ExpertKernelRow>()], float8));
    }

    /// <summary>Constants with every curve fitted to all its rows.</summary>
    /// <param name="curves">The curves.</param>
    /// <param name="form">What is not fitted.</param>
    public static DeviceConstants Refit(ImmutableArray<FittedCurve> curves, DeviceConstants form) =>
        curves.Aggregate(form, (constants, curve) => curve.Fit(constants, curve.Rows));

    private static Cluster Machine(string preset) =>
        ClusterPresets.Find(preset) ?? throw new ArgumentException($"There is no preset {preset} for the machine that was measured.", nameof(preset));

    private static string Direction(MeasuredRow row) =>
        row is DeepEpRow deepEp ? $"{(deepEp.Direction == ExchangeDirection.Dispatch ? "dispatch" : "combine")}, {Nodes(deepEp)}" : "";

    private static string Sms(MeasuredRow row) => row is DeepEpRow deepEp ? $"{Direction(row)}, {deepEp.Sms} SMs" : "";

    private static string? SmsOfSeveralNodes(MeasuredRow row) => row is DeepEpRow { Nodes: > 1 } deepEp ? $"{deepEp.Sms} SMs" : null;

    private static string Nodes(DeepEpRow row) => row.Nodes == 1 ? "1 node" : $"{row.Nodes} nodes";

    private static string Shape(MeasuredRow row) =>
        row is ExpertKernelRow kernel ? $"{kernel.Experts} experts of {kernel.HiddenSize} x {kernel.IntermediateSize}" : "";
}
