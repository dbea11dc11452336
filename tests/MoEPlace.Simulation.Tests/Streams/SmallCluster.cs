using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Tests.Streams;

/// <summary>Ranks behind one switch where a byte takes 1,000 ps, and 500 ps to host memory.</summary>
internal static class SmallCluster
{
    internal static Cluster Of(int ranks, double latencyNanoseconds = 0) => new(
        Cluster.FormatName, "small", 1, ranks, new Device("test", 1e9, 1_000_000, 1e9, 0, ""), new Link(1e9, latencyNanoseconds, ""),
        new Link(1e9, latencyNanoseconds, ""), Fabric: new Fabric(HostLink: new Link(2e9, 0, "")));

    internal static ExchangeTraffic Uniform(int ranks, long bytes)
    {
        var pairs = new long[ranks * ranks];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = i % (ranks + 1) == 0 ? 0 : bytes;
        return ExchangeTraffic.OfPairs(ranks, ranks, pairs);
    }
}
