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
    private readonly int ranksPerNode;
    private readonly int[] nodeOf;
    private readonly int[] seenNode;
    private readonly CopyTally first;
    private readonly CopyTally second;
    private int stamp;

    /// <summary>Makes an empty count.</summary>
    /// <param name="algorithm">How copies travel.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="nodeOf">[ranks] the node of each.</param>
    /// <param name="leafOf">[ranks] the leaf switch of each.</param>
    /// <param name="byPair">Whether pairs are told apart.</param>
    internal CopyRoute(AllToAllAlgorithm algorithm, Cluster cluster, int[] nodeOf, int[] leafOf, bool byPair)
    {
        (this.algorithm, this.nodeOf, ranksPerNode) = (algorithm, nodeOf, cluster.RanksPerNode);
        seenNode = new int[algorithm == AllToAllAlgorithm.NodeDeduplicated ? cluster.Nodes : 0];
        // Whoever gathers first has one peer on each other node.
        var peers = algorithm == AllToAllAlgorithm.Flat ? cluster.Ranks - ranksPerNode : cluster.Nodes - 1;
        first = new CopyTally(cluster, leafOf, byPair, peers);
        second = algorithm == AllToAllAlgorithm.Hierarchical ? new CopyTally(cluster, leafOf, byPair, peers) : first;
    }

    /// <summary>Counts one token in one layer.</summary>
    /// <param name="tokenRank">Where the hidden state is.</param>
    /// <param name="expertRanks">One entry for every copy: the rank that it is for.</param>
    internal void Add(int tokenRank, ReadOnlySpan<int> expertRanks)
    {
        if (algorithm == AllToAllAlgorithm.Flat)
            first.AddEach(tokenRank, nodeOf[tokenRank] * ranksPerNode, expertRanks);
        else if (algorithm == AllToAllAlgorithm.NodeDeduplicated)
            AddOncePerNode(tokenRank, expertRanks);
        else
            AddGathered(tokenRank, expertRanks);
    }

    /// <summary>Counts copies from one rank to another, each of which travels alone.</summary>
    internal void Add(int tokenRank, int expertRank, int copies)
    {
        var (nodeBegin, expertBegin) = (nodeOf[tokenRank] * ranksPerNode, nodeOf[expertRank] * ranksPerNode);
        var via = algorithm == AllToAllAlgorithm.Hierarchical ? nodeBegin + expertRank - expertBegin : tokenRank;
        if (algorithm == AllToAllAlgorithm.Hierarchical)
            first.AddInside(tokenRank, via, copies);
        if (nodeBegin == expertBegin)
            second.AddInside(via, expertRank, copies);
        else
            second.AddBetween(via, expertRank, copies);
    }

    /// <summary>The phases out, in order.</summary>
    internal ImmutableArray<ExchangeTraffic> Dispatch(long bytesPerCopy) => second == first
        ? [first.ToTraffic(bytesPerCopy)]
        : [first.ToTraffic(bytesPerCopy), second.ToTraffic(bytesPerCopy)];

    /// <summary>The phases back, in order.</summary>
    internal ImmutableArray<ExchangeTraffic> Combine(long bytesPerCopy) => second == first
        ? [first.ToReversedTraffic(bytesPerCopy)]
        : [second.ToReversedTraffic(bytesPerCopy), first.ToReversedTraffic(bytesPerCopy)];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddGathered(int tokenRank, ReadOnlySpan<int> expertRanks)
    {
        var node = nodeOf[tokenRank];
        foreach (var rank in expertRanks)
        {
            var via = rank + (node - nodeOf[rank]) * ranksPerNode;
            first.AddInside(tokenRank, via, 1);
            if (via == rank)
                second.AddInside(via, rank, 1);
            else
                second.AddBetween(via, rank, 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOncePerNode(int tokenRank, ReadOnlySpan<int> expertRanks)
    {
        if (++stamp == int.MaxValue)
        {
            seenNode.AsSpan().Clear();
            stamp = 1;
        }
        var own = nodeOf[tokenRank];
        foreach (var rank in expertRanks)
        {
            var node = nodeOf[rank];
            var via = tokenRank + (node - own) * ranksPerNode;
            if (node != own && seenNode[node] != stamp)
            {
                seenNode[node] = stamp;
                first.AddBetween(tokenRank, via, 1);
            }
            first.AddInside(via, rank, 1);
        }
    }
}
