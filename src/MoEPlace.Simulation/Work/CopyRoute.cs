using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Schedules;

namespace MoEPlace.Simulation.Work;

/// <summary>
/// The way of hidden states between a token's rank and the ranks of its experts under one algorithm, counted phase by phase. It is counted
/// outwards, as a dispatch; a combine is the same in reverse, phases and directions.
/// </summary>
/// <remarks>
/// Flat: token's rank (a, i), node a and index i there, to expert's rank (b, j). Hierarchical (Tutel, arXiv 2206.03382, section 3.4):
/// (a, i) to (a, j), then (a, j) to (b, j). Node-deduplicated (DeepEP's normal kernels): one copy per other node, (a, i) to (b, i), and
/// from there to each rank inside; both in one phase, since chunks are handed on as they arrive.
/// </remarks>
internal sealed class CopyRoute
{
    private readonly AllToAllAlgorithm algorithm;
    private readonly int[] nodeOf;
    private readonly int[] indexOf;
    private readonly int ranksPerNode;
    private readonly int[] seenNode;
    private readonly CopyTally first;
    private readonly CopyTally? second;
    private int stamp;

    /// <summary>Makes an empty count.</summary>
    internal CopyRoute(AllToAllAlgorithm algorithm, Cluster cluster, bool byPair)
    {
        this.algorithm = algorithm;
        ranksPerNode = cluster.RanksPerNode;
        nodeOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => rank / ranksPerNode)];
        indexOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => rank % ranksPerNode)];
        seenNode = new int[cluster.Nodes];
        first = new CopyTally(nodeOf, ranksPerNode, byPair);
        second = algorithm == AllToAllAlgorithm.Hierarchical ? new CopyTally(nodeOf, ranksPerNode, byPair) : null;
    }

    /// <summary>Counts one token in one layer.</summary>
    /// <param name="tokenRank">Where the hidden state is.</param>
    /// <param name="expertRanks">One entry for every copy: the rank that it is for.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Add(int tokenRank, ReadOnlySpan<int> expertRanks)
    {
        if (algorithm == AllToAllAlgorithm.NodeDeduplicated)
        {
            AddOncePerNode(tokenRank, expertRanks);
            return;
        }
        foreach (var rank in expertRanks)
            Add(tokenRank, rank, 1);
    }

    /// <summary>Counts copies from one rank to another, each of which travels alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(int tokenRank, int expertRank, int copies)
    {
        if (second is null)
        {
            first.Add(tokenRank, expertRank, copies);
            return;
        }
        var via = nodeOf[tokenRank] * ranksPerNode + indexOf[expertRank];
        first.Add(tokenRank, via, copies);
        second.Add(via, expertRank, copies);
    }

    /// <summary>The phases out, in order.</summary>
    internal ImmutableArray<ExchangeTraffic> Dispatch(long bytesPerCopy) => second is null
        ? [first.ToTraffic(bytesPerCopy)]
        : [first.ToTraffic(bytesPerCopy), second.ToTraffic(bytesPerCopy)];

    /// <summary>The phases back, in order.</summary>
    internal ImmutableArray<ExchangeTraffic> Combine(long bytesPerCopy) => second is null
        ? [first.ToReversedTraffic(bytesPerCopy)]
        : [second.ToReversedTraffic(bytesPerCopy), first.ToReversedTraffic(bytesPerCopy)];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOncePerNode(int tokenRank, ReadOnlySpan<int> expertRanks)
    {
        if (++stamp == int.MaxValue)
        {
            seenNode.AsSpan().Clear();
            stamp = 1;
        }
        var (own, index) = (nodeOf[tokenRank], indexOf[tokenRank]);
        foreach (var rank in expertRanks)
        {
            var node = nodeOf[rank];
            var via = node == own ? tokenRank : node * ranksPerNode + index;
            if (node != own && seenNode[node] != stamp)
            {
                seenNode[node] = stamp;
                first.Add(tokenRank, via, 1);
            }
            first.Add(via, rank, 1);
        }
    }
}
