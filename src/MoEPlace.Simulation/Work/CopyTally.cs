using System.Runtime.CompilerServices;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Work;

/// <summary>Counts hidden states that travel in one exchange, by pair of ranks or only at the ports; on its own rank one stays.</summary>
internal sealed class CopyTally
{
    private readonly int ranks;
    private readonly int ranksPerNode;
    private readonly long[]? pairs;
    private readonly long[] local, intraNodeOut, intraNodeIn, interNodeOut, interNodeIn;

    /// <summary>Makes an empty tally.</summary>
    /// <param name="ranks">Ranks.</param>
    /// <param name="ranksPerNode">Ranks on each node.</param>
    /// <param name="byPair">Whether pairs are told apart.</param>
    internal CopyTally(int ranks, int ranksPerNode, bool byPair)
    {
        (this.ranks, this.ranksPerNode) = (ranks, ranksPerNode);
        pairs = byPair ? new long[ranks * ranks] : null;
        (local, intraNodeOut, intraNodeIn, interNodeOut, interNodeIn) = (Port(), Port(), Port(), Port(), Port());

        long[] Port() => byPair ? [] : new long[ranks];
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
        var between = interNodeIn;
        int inside = 0, stay = 0;
        foreach (var rank in to)
        {
            if ((uint)(rank - nodeBegin) >= (uint)ranksPerNode)
            {
                between[rank]++;
                continue;
            }
            var same = rank == from ? 1 : 0;
            stay += same;
            inside++;
            intraNodeIn[rank] += 1 - same;
        }
        local[from] += stay;
        intraNodeOut[from] += inside - stay;
        interNodeOut[from] += to.Length - inside;
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
            local[from] += copies;
        }
        else
        {
            intraNodeOut[from] += copies;
            intraNodeIn[to] += copies;
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
        interNodeOut[from] += copies;
        interNodeIn[to] += copies;
    }

    /// <summary>What was counted, as bytes.</summary>
    internal ExchangeTraffic ToTraffic(long bytesPerCopy) => pairs is not null
        ? ExchangeTraffic.OfPairs(ranks, ranksPerNode, Times(pairs, bytesPerCopy))
        : ExchangeTraffic.OfPorts(
            ranksPerNode, Times(local, bytesPerCopy), Times(intraNodeOut, bytesPerCopy), Times(intraNodeIn, bytesPerCopy),
            Times(interNodeOut, bytesPerCopy), Times(interNodeIn, bytesPerCopy));

    /// <summary>The same the other way: every copy goes back to where it came from.</summary>
    internal ExchangeTraffic ToReversedTraffic(long bytesPerCopy)
    {
        if (pairs is null)
        {
            return ExchangeTraffic.OfPorts(
                ranksPerNode, Times(local, bytesPerCopy), Times(intraNodeIn, bytesPerCopy), Times(intraNodeOut, bytesPerCopy),
                Times(interNodeIn, bytesPerCopy), Times(interNodeOut, bytesPerCopy));
        }
        var reversed = new long[pairs.Length];
        for (var from = 0; from < ranks; from++)
            for (var to = 0; to < ranks; to++)
                reversed[to * ranks + from] = checked(pairs[from * ranks + to] * bytesPerCopy);
        return ExchangeTraffic.OfPairs(ranks, ranksPerNode, reversed);
    }

    private static long[] Times(long[] copies, long bytesPerCopy)
    {
        var bytes = new long[copies.Length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = checked(copies[i] * bytesPerCopy);
        return bytes;
    }
}
