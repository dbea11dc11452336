using System.Runtime.CompilerServices;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Work;

/// <summary>Counts hidden states that travel in one exchange: by pair of ranks, or only at the ports.</summary>
internal sealed class CopyTally
{
    private readonly int[] nodeOf;
    private readonly int ranksPerNode;
    private readonly long[]? pairs;
    private readonly long[] local, intraNodeOut, intraNodeIn, interNodeOut, interNodeIn;

    /// <summary>Makes an empty tally.</summary>
    /// <param name="nodeOf">[ranks] the node of each.</param>
    /// <param name="ranksPerNode">Ranks on each node.</param>
    /// <param name="byPair">Whether pairs are told apart.</param>
    internal CopyTally(int[] nodeOf, int ranksPerNode, bool byPair)
    {
        (this.nodeOf, this.ranksPerNode) = (nodeOf, ranksPerNode);
        var ranks = nodeOf.Length;
        pairs = byPair ? new long[ranks * ranks] : null;
        (local, intraNodeOut, intraNodeIn, interNodeOut, interNodeIn) = (Port(), Port(), Port(), Port(), Port());

        long[] Port() => byPair ? [] : new long[ranks];
    }

    /// <summary>Counts copies from a rank to a rank; to itself they stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(int from, int to, int copies)
    {
        if (pairs is not null)
        {
            pairs[from * nodeOf.Length + to] += copies;
        }
        else if (nodeOf[from] != nodeOf[to])
        {
            interNodeOut[from] += copies;
            interNodeIn[to] += copies;
        }
        else if (from != to)
        {
            intraNodeOut[from] += copies;
            intraNodeIn[to] += copies;
        }
        else
        {
            local[from] += copies;
        }
    }

    /// <summary>What was counted, as bytes.</summary>
    internal ExchangeTraffic ToTraffic(long bytesPerCopy) => pairs is not null
        ? ExchangeTraffic.OfPairs(nodeOf.Length, ranksPerNode, Times(pairs, bytesPerCopy))
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
        var ranks = nodeOf.Length;
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
