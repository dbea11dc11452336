using MoEPlace.Simulation;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Benchmarks;

/// <summary>
/// How fast does the simulator run all-to-alls one after the other, through the kernel? The baseline is ASTRA-sim's congestion-aware
/// analytical backend, which takes 12.2 s for the first row on such a machine; that figure is given, not measured here.
/// </summary>
internal static class AllToAllBenchmark
{
    private const int Exchanges = 116;
    private const long BytesPerRank = 56L << 20;
    private const double BytesPerSecond = 50e9;
    private const double LatencyNanoseconds = 500;
    private const int SkewedByPairs = 10;
    private const double BaselineSeconds = 12.2;

    internal static int Run(string[] args)
    {
        var repeats = Timing.Repeats(args, "alltoall", 5);
        Console.WriteLine(
            $"{Exchanges} all-to-alls ({SkewedByPairs} where skewed by pairs) of 56 MiB per GPU, one after the other, {repeats} repeats");
        Console.WriteLine($"{"",-44}{"all",12}{"least",12}{"each",12}{"its core",12}");
        var right = Uniform("uniform, 64 GPUs on a switch of 50 GB/s, pairs", 64, byPorts: false, repeats);
        Skewed("skewed, 64 GPUs on the switch, pairs", 64, 1, SkewedByPairs, byPorts: false, repeats);
        var byPairs = Skewed("skewed, 8 x 8 GPUs, pairs", 8, 8, SkewedByPairs, byPorts: false, repeats);
        var byPorts = Skewed("skewed, 8 x 8 GPUs, ports", 8, 8, Exchanges, byPorts: true, repeats);
        Console.WriteLine(
            $"    {byPairs.Seconds * 1e6:F3} us by pairs, {byPorts.Seconds * 1e6:F3} us by ports: {1 - byPorts.Seconds / byPairs.Seconds:P3} less");
        right &= Uniform("uniform, 1,024 GPUs on the switch, ports", 1_024, byPorts: true, repeats);
        Skewed("skewed, 128 x 8 GPUs, ports", 128, 8, Exchanges, byPorts: true, repeats);
        Console.WriteLine($"machine: {Machine.Describe()}");
        return right ? 0 : 3;
    }

    /// <summary>
    /// Every GPU sends an equal share of its bytes, a 64th of 64 GPUs, to every other and keeps its own; each all-to-all is checked.
    /// </summary>
    private static bool Uniform(string name, int ranks, bool byPorts, int repeats)
    {
        var cluster = ClusterOf(ranks, 1);
        var share = BytesPerRank / ranks;
        var pairs = new long[ranks * ranks];
        Array.Fill(pairs, share);
        var exchange = ExchangeOf(cluster, pairs, byPorts);
        List<SimTime> ends = [];
        var timing = Timing.Of(repeats, () => ends = AllToAllRun.Run(cluster, exchange, Exchanges));
        // Whole numbers: start-up in picoseconds, then bytes x 10^12 / (bytes a second), rounded up.
        var each = (long)LatencyNanoseconds * 1_000
            + (long)((share * (ranks - 1) * (Int128)1_000_000_000_000 + 49_999_999_999) / 50_000_000_000);
        var right = ends.Count == Exchanges && ends.Index().All(e => e.Item.Picoseconds == (e.Index + 1) * each);
        Print(name, Exchanges, timing);
        Console.WriteLine($"    every end {(right ? "equals" : "DIFFERS FROM")} the closed form, {each} ps each");
        if (!byPorts)
        {
            Console.WriteLine(
                $"    {BaselineSeconds} s of ASTRA-sim's congestion-aware analytical backend (given) over this: "
                + $"{BaselineSeconds / timing.Median:F0}");
        }
        return right;
    }

    /// <summary>All pairs of different sizes, spread over a factor of 7.4; the time of one exchange.</summary>
    private static SimTime Skewed(string name, int nodes, int ranksPerNode, int exchanges, bool byPorts, int repeats)
    {
        var cluster = ClusterOf(nodes, ranksPerNode);
        var ranks = cluster.Ranks;
        var random = new SeedStream(1, "all-to-all benchmark");
        var pairs = new long[ranks * ranks];
        foreach (ref var bytes in pairs.AsSpan())
            bytes = (long)(BytesPerRank / ranks * Math.Exp(2 * random.NextDouble() - 1));
        var exchange = ExchangeOf(cluster, pairs, byPorts);
        List<SimTime> ends = [];
        Print(name, exchanges, Timing.Of(repeats, () => ends = AllToAllRun.Run(cluster, exchange, exchanges), warmUps: 1));
        return ends[0];
    }

    private static Exchange ExchangeOf(Cluster cluster, long[] pairs, bool byPorts)
    {
        var traffic = ExchangeTraffic.OfPairs(cluster.Ranks, cluster.RanksPerNode, pairs);
        if (byPorts)
            traffic = traffic.ToPorts(cluster);
        return new Exchange("all-to-all", traffic, Transport.Ideal(cluster));
    }

    private static Cluster ClusterOf(int nodes, int ranksPerNode)
    {
        var cluster = ClusterPresets.Find(ClusterPresets.DefaultName)!;
        var link = new Link(BytesPerSecond, LatencyNanoseconds, "the question");
        return cluster with { Nodes = nodes, RanksPerNode = ranksPerNode, InterNode = link };
    }

    private static void Print(string name, int exchanges, Timing timing) => Console.WriteLine(
        $"{name,-46}{timing.Median * 1e3,8:F1} ms{timing.Least * 1e3,8:F1} ms{timing.Median / exchanges * 1e3,8:F3} ms"
        + $"{timing.CoreMedian / exchanges * 1e3,8:F3} ms");
}
