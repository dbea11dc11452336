using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using MoEPlace.Placement.Policies;

namespace MoEPlace.Benchmarks;

/// <summary>
/// How much faster does EPLB balance DeepSeek-V3's 58 layers of 256 experts over 320 slots than with numpy? The baseline is eplb.py, on the
/// same load; both must come to the same map.
/// </summary>
internal static class EplbBenchmark
{
    private const string Python = "/usr/bin/python3";
    private const int Layers = 58;
    private const int Experts = 256;
    private const int Slots = 320;
    private const int Groups = 8;

    /// <summary>Small enough that sums of loads are exact in single precision, in any order.</summary>
    private const int MostLoad = 50_000;

    internal static int Run(string[] args)
    {
        var repeats = Timing.Repeats(args, "eplb", 51);
        if (Machine.Output(Python, "-c", "import numpy") is null)
        {
            Console.Error.WriteLine($"{Python} has no numpy, which is the baseline; install it with: apt-get install python3-numpy");
            return 2;
        }
        var folder = Directory.CreateTempSubdirectory("moeplace-eplb-").FullName;
        try
        {
            return Compare(folder, repeats);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Compare(string folder, int repeats)
    {
        var (weights, map) = (Path.Combine(folder, "weights.bin"), Path.Combine(folder, "map.bin"));
        var load = SkewedLoad();
        File.WriteAllBytes(weights, MemoryMarshal.AsBytes(load.AsSpan()));
        Console.WriteLine($"EPLB: {Layers} layers of {Experts} experts in {Groups} groups -> {Slots} slots, {repeats} repeats");
        Console.WriteLine($"{"ranks",-10}{"MoEPlace",12}{"least",11}{"numpy",12}{"least",11}{"times numpy",13}   map");
        var equal = true;
        var version = "";
        foreach (var (nodes, ranksPerNode) in new[] { (40, 8), (8, 8), (8, 40), (4, 8) })
        {
            var ranks = nodes * ranksPerNode;
            int[] result = [];
            var ours = Timing.Of(repeats, () => result = Eplb.Rebalance(load, Layers, Experts, Slots, Groups, nodes, ranks), warmUps: 200);
            var told = Machine.Output(
                Python, [Path.Combine(AppContext.BaseDirectory, "eplb.py"), weights, map,
                    .. new[] { repeats, Layers, Experts, Slots, Groups, nodes, ranks }.Select(n => n.ToString(CultureInfo.InvariantCulture))])
                ?? throw new InvalidOperationException("eplb.py failed.");
            var baseline = JsonSerializer.Deserialize<Baseline>(told, JsonSerializerOptions.Web)!;
            var numpy = new Timing(baseline.Seconds, baseline.CoreSeconds);
            version = baseline.Numpy;
            var same = result.AsSpan().SequenceEqual(MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(map)));
            equal &= same;
            Console.WriteLine(
                $"{$"{nodes} x {ranksPerNode}",-10}{ours.Median * 1e3,9:F3} ms{ours.Least * 1e3,8:F3} ms{numpy.Median * 1e3,9:F2} ms"
                + $"{numpy.Least * 1e3,8:F2} ms{numpy.Median / ours.Median,13:F1}   {(same ? "equal" : "DIFFERENT")}");
        }
        Console.WriteLine($"numpy {version}, one thread each");
        Console.WriteLine($"machine: {Machine.Describe()}");
        return equal ? 0 : 3;
    }

    /// <summary>[layers, experts] load that falls with the place of the expert in a shuffled order; 1 to <see cref="MostLoad"/>.</summary>
    private static long[] SkewedLoad()
    {
        var load = new long[Layers * Experts];
        for (var layer = 0; layer < Layers; layer++)
        {
            var random = new SeedStream(1, "eplb benchmark", layer);
            var own = load.AsSpan(layer * Experts, Experts);
            for (var e = 0; e < Experts; e++)
                own[e] = 1 + (long)(MostLoad / (1 + e * 0.1) * (0.5 + 0.5 * random.NextDouble()));
            random.Shuffle(own);
        }
        return load;
    }

    private sealed record Baseline(string Numpy, double[] Seconds, double[] CoreSeconds);
}
