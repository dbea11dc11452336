using System.Runtime.CompilerServices;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Work;

/// <summary>Counts hidden states that travel in one exchange, by pair of ranks or only at the ports; on its own rank one stays.</summary>
internal sealed class CopyTally
{
    private readonly int ranks;
    private readonly int ranksPerNode;
    private readonly int mostPeers;
    private readonly int[] leafOf;
    private readonly long[]? pairs;
    private readonly PortSums ports;

    /// <summary>Makes an empty tally.</summary>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="leafOf">[ranks] the leaf switch of each.</param>
    /// <param name="byPair">Whether pairs are told apart.</param>
    /// <param name="mostPeers">The most ranks of other nodes that one may send to.</param>
    internal CopyTally(Cluster cluster, int[] leafOf, bool byPair, int mostPeers)
    {
        (ranks, ranksPerNode, this.leafOf, this.mostPeers) = (cluster.Ranks, cluster.RanksPerNode, leafOf, mostPeers);
        pairs = byPair ? new long[ranks * ranks] : null;
        ports = new PortSums(byPair ? 0 : ranks);
    }

    /// <summary>Counts one copy to every rank of a list.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="nodeBegin">The first rank of its node.</param>
    /// <param name="to">The receivers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void AddEach(int from, int nodeBegin, ReadOnlySpan<int> to)
    {
        if (pairs is not null)
        {
            var row = pairs.AsSpan(from * ranks, ranks);
            foreach (var rank in to)
                row[rank]++;
            return;
        }
        var (between, crossing, leaves, leaf, inward) = (ports.InterNodeIn, ports.SpineIn, leafOf, leafOf[from], ports.IntraNodeIn);
        int inside = 0, stay = 0, far = 0;
        foreach (var rank in to)
        {
            if ((uint)(rank - nodeBegin) >= (uint)ranksPerNode)
            {
                var other = leaves[rank] != leaf ? 1 : 0;
                between[rank]++;
                crossing[rank] += other;
                far += other;
                continue;
            }
            var same = rank == from ? 1 : 0;
            stay += same;
            inside++;
            inward[rank] += 1 - same;
        }
        ports.Local[from] += stay;
        ports.IntraNodeOut[from] += inside - stay;
        ports.InterNodeOut[from] += to.Length - inside;
        ports.SpineOut[from] += far;
    }

    /// <summary>Counts copies between two ranks of one node, or that stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddInside(int from, int to, int copies)
    {
        if (pairs is not null)
        {
            pairs[from * ranks + to] += copies;
        }
        else if (from == to)
        {
            ports.Local[from] += copies;
        }
        else
        {
            ports.IntraNodeOut[from] += copies;
            ports.IntraNodeIn[to] += copies;
        }
    }

    /// <summary>Counts copies between ranks of two nodes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddBetween(int from, int to, int copies)
    {
        if (pairs is not null)
        {
            pairs[from * ranks + to] += copies;
            return;
        }
        ports.InterNodeOut[from] += copies;
        ports.InterNodeIn[to] += copies;
        var crossing = leafOf[from] != leafOf[to] ? copies : 0;
        ports.SpineOut[from] += crossing;
        ports.SpineIn[to] += crossing;
    }

    /// <summary>What was counted, as bytes.</summary>
    internal ExchangeTraffic ToTraffic(long bytesPerCopy) => pairs is null
        ? OfPorts(ports.Times(bytesPerCopy))
        : ExchangeTraffic.OfPairs(ranks, ranksPerNode, [.. pairs.Select(copies => checked(copies * bytesPerCopy))]);

    /// <summary>The same the other way: every copy goes back to where it came from.</summary>
    internal ExchangeTraffic ToReversedTraffic(long bytesPerCopy)
    {
        if (pairs is null)
            return OfPorts(ports.Reversed.Times(bytesPerCopy));
        var reversed = new long[pairs.Length];
        for (var from = 0; from < ranks; from++)
            for (var to = 0; to < ranks; to++)
                reversed[to * ranks + from] = checked(pairs[from * ranks + to] * bytesPerCopy);
        return ExchangeTraffic.OfPairs(ranks, ranksPerNode, reversed);
    }

    // A copy more is at most a peer more.
    private ExchangeTraffic OfPorts(PortSums bytes) => ExchangeTraffic.OfPorts(
        ranksPerNode, bytes, (int)Math.Min(mostPeers, Math.Max(ports.InterNodeOut.Max(), ports.InterNodeIn.Max())));
}
