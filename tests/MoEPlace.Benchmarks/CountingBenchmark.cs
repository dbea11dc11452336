using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using MoEPlace.Traces;

namespace MoEPlace.Benchmarks;

/// <summary>
/// How much faster are expert load, top-1 transitions and co-activation counted than with numpy? The baseline is counting.py, on the same
/// file; both must come to the same counts.
/// </summary>
internal static class CountingBenchmark
{
    private const string Python = "/usr/bin/python3";
    private const int BaselineRepeats = 3;
    private const int BandwidthRepeats = 5;

    internal static int Run(string[] args)
    {
        var (tokens, repeats) = Parse(args);
        if (Machine.Output(Python, "-c", "import numpy") is null)
        {
            Console.Error.WriteLine($"{Python} has no numpy, which is the baseline; install it with: apt-get install python3-numpy");
            return 2;
        }
        var folder = Directory.CreateTempSubdirectory("moeplace-counting-").FullName;
        try
        {
            return Compare(folder, tokens, repeats);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Compare(string folder, long tokens, int repeats)
    {
        var path = Path.Combine(folder, "trace.safetensors");
        var expected = Path.Combine(folder, "counts.bin");
        GptOssTrace.Write(path, tokens);
        using var trace = RoutingTrace.Open(path);
        var slice = new TraceSlice(trace, TraceSplit.All);
        var bytes = tokens * trace.Layers * trace.TopK * trace.ExpertIdBytes;

        var ours = Timing.Of(repeats, () => RoutingCounts.Of(slice));
        var alone = Timing.Of(repeats, () => RoutingCounts.Of(slice, 1));
        var (numpy, baseline) = Numpy(path, expected);
        var equal = Same(RoutingCounts.Of(slice), MemoryMarshal.Cast<byte, long>(File.ReadAllBytes(expected)));
        var bandwidth = Machine.ReadBytesPerSecond(BandwidthRepeats);

        Console.WriteLine($"load, top-1 transitions and co-activation of gpt-oss-20b, repeated to {tokens} tokens ({bytes / 1e6:F0} MB of ids)");
        Console.WriteLine($"{"",-22}{"median",10}{"least",11}{"core time",11}{"GB/s",8}{"times numpy",13}{"per core time",15}");
        Row($"MoEPlace, {Environment.ProcessorCount} cores", ours);
        Row("MoEPlace, 1 core", alone);
        Row($"numpy {numpy}", baseline);
        Console.WriteLine($"memory: all cores read {bandwidth / 1e9:F1} GB/s; counting uses {bytes / ours.Median / bandwidth:P1} of that");
        Console.WriteLine($"counts: {(equal ? "equal" : "DIFFERENT")}");
        Console.WriteLine($"machine: {Machine.Describe()}");
        return equal ? 0 : 3;

        void Row(string name, Timing timing) => Console.WriteLine(
            $"{name,-22}{timing.Median * 1e3,7:F1} ms{timing.Least * 1e3,8:F1} ms{timing.CoreMedian * 1e3,8:F1} ms"
            + $"{bytes / timing.Median / 1e9,8:F2}{baseline.Median / timing.Median,13:F1}{baseline.CoreMedian / timing.CoreMedian,15:F1}");
    }

    private static (string Version, Timing Timing) Numpy(string trace, string counts)
    {
        var told = Machine.Output(Python, Path.Combine(AppContext.BaseDirectory, "counting.py"), trace, counts, $"{BaselineRepeats}")
            ?? throw new InvalidOperationException("counting.py failed.");
        var baseline = JsonSerializer.Deserialize<Baseline>(told, JsonSerializerOptions.Web)!;
        return (baseline.Numpy, new Timing(baseline.Seconds, baseline.CoreSeconds));
    }

    private static bool Same(RoutingCounts counts, ReadOnlySpan<long> expected)
    {
        var (layers, experts, square) = (counts.Layers, counts.Experts, counts.Experts * counts.Experts);
        var same = expected.Length == layers * experts + (2 * layers - 1) * square;
        for (var layer = 0; same && layer < layers; layer++)
        {
            var pairs = expected[(layers * experts + (layers - 1) * square)..];
            same &= counts.Load(layer).SequenceEqual(expected.Slice(layer * experts, experts));
            same &= layer == layers - 1 || counts.Transitions(layer).SequenceEqual(expected.Slice(layers * experts + layer * square, square));
            same &= counts.Coactivation(layer).SequenceEqual(pairs.Slice(layer * square, square));
        }
        return same;
    }

    private static (long Tokens, int Repeats) Parse(string[] args)
    {
        var (tokens, repeats) = (2_000_000L, 15);
        var faults = new InputFaults("counting");
        for (var i = 0; i < args.Length; i += 2)
        {
            var given = i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
            if (args[i] == "--tokens" && faults.Require(given >= 1, args[i], args.ElementAtOrDefault(i + 1), "1 or more"))
                tokens = given;
            else if (args[i] == "--repeats" && faults.Require(given is >= 1 and <= 1000, args[i], args.ElementAtOrDefault(i + 1), "1 to 1000"))
                repeats = given;
            else if (args[i] is not ("--tokens" or "--repeats"))
                faults.Add("option", args[i], "--tokens or --repeats");
        }
        faults.ThrowIfAny();
        return (tokens, repeats);
    }

    private sealed record Baseline(string Numpy, double[] Seconds, double[] CoreSeconds);
}
