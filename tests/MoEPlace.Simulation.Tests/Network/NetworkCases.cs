using System.Collections.Immutable;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Tests.Network;

/// <summary>Random clusters and traffic.</summary>
internal static class NetworkCases
{
    internal static Cluster ClusterOf(int nodes, int ranksPerNode, Fabric? fabric = null) => new(
        Cluster.FormatName, "test", nodes, ranksPerNode, new Device("none", 1e12, 1, 1e12, 0, "test"), new Link(450e9, 6_710, "test"),
        new Link(50e9, 22_570, "test"), null, fabric);

    /// <summary>Shared adapters, rails, leaves, oversubscription, node switches and slow ports, each in some of the cases.</summary>
    internal static Cluster Random(SeedStream random)
    {
        var (nodes, ranksPerNode) = (1 + random.Next(4), 1 << random.Next(3));
        var changes = Enumerable.Range(0, random.Next(3)).Select(_ => new LinkChange(
            (PortKind)random.Next(2), random.Next(nodes * ranksPerNode), null, random.Next(2) == 0 ? null : (PortDirection)random.Next(2),
            0.1 + 0.9 * random.NextDouble()));
        return ClusterOf(nodes, ranksPerNode, new Fabric(
            1 << random.Next(int.Log2(ranksPerNode) + 1), random.Next(2) == 0, 1 + random.Next(nodes),
            random.Next(2) == 0 ? 1 : 1 + 4 * random.NextDouble(),
            random.Next(2) == 0 ? null : 1e12 * (0.1 + random.NextDouble()), LinkChanges: changes.ToImmutableArray()));
    }

    /// <summary>Sizes over three orders of magnitude, some pairs without bytes.</summary>
    internal static ExchangeTraffic Skewed(SeedStream random, Cluster cluster, double silent = 0.2)
    {
        var pairs = new long[cluster.Ranks * cluster.Ranks];
        foreach (ref var bytes in pairs.AsSpan())
            bytes = random.NextDouble() < silent ? 0 : (long)(1e4 * Math.Exp(7 * random.NextDouble()));
        return ExchangeTraffic.OfPairs(cluster.Ranks, cluster.RanksPerNode, pairs);
    }

    internal static ExchangeTraffic Uniform(Cluster cluster, long bytes)
    {
        var pairs = new long[cluster.Ranks * cluster.Ranks];
        Array.Fill(pairs, bytes);
        return ExchangeTraffic.OfPairs(cluster.Ranks, cluster.RanksPerNode, pairs);
    }
}
