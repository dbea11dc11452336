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

        var ours = Stopwatches.Time(repeats, () => RoutingCounts.Of(slice));
        var alone = Stopwatches.Time(repeats, () => RoutingCounts.Of(slice, 1));
        var baseline = JsonSerializer.Deserialize<Baseline>(
            Machine.Output(Python, Path.Combine(AppContext.BaseDirectory, "counting.py"), path, expected, $"{BaselineRepeats}")
            ?? throw new InvalidOperationException("counting.py failed."),
            JsonSerializerOptions.Web)!;
        var equal = Same(RoutingCounts.Of(slice), MemoryMarshal.Cast<byte, long>(File.ReadAllBytes(expected)));
        var bandwidth = Machine.ReadBytesPerSecond(BandwidthRepeats);

        var (now, one, then) = (Stopwatches.Median(ours), Stopwatches.Median(alone), Stopwatches.Median(baseline.Seconds));
        Console.WriteLine($"load, top-1 transitions and co-activation of gpt-oss-20b, repeated to {tokens} tokens ({bytes / 1e6:F0} MB of ids)");
        Console.WriteLine($"{"",-24}{"median",10}{"least",10}{"GB/s",8}{"times numpy",13}");
        Row($"MoEPlace, {Environment.ProcessorCount} cores", now, ours[0]);
        Row("MoEPlace, 1 core", one, alone[0]);
        Row($"numpy {baseline.Numpy}", then, baseline.Seconds[0]);
        Console.WriteLine($"memory: all cores read {bandwidth / 1e9:F1} GB/s; counting uses {bytes / now / bandwidth:P1} of that");
        Console.WriteLine($"counts: {(equal ? "equal" : "DIFFERENT")}");
        Console.WriteLine($"machine: {Machine.Describe()}");
        return equal ? 0 : 3;

        void Row(string name, double median, double least) =>
            Console.WriteLine($"{name,-24}{median * 1e3,7:F1} ms{least * 1e3,7:F1} ms{bytes / median / 1e9,8:F2}{then / median,13:F1}");
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

    private sealed record Baseline(string Numpy, double[] Seconds);
}
