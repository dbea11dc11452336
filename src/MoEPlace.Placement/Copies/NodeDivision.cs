using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Copies;

/// <summary>The experts over whole nodes: what crosses nodes costs most, so it is settled first.</summary>
internal sealed class NodeDivision
{
    private readonly int ranksPerNode;

    /// <param name="state">Its parts are nodes.</param>
    /// <param name="mostOfRank">[layers][ranks] the most load of each.</param>
    /// <param name="ranksPerNode">Ranks on each node.</param>
    public NodeDivision(CopyState state, long[][] mostOfRank, int ranksPerNode)
    {
        (State, this.ranksPerNode) = (state, ranksPerNode);
        Most = [.. mostOfRank.Select(ranks => ranks.Chunk(ranksPerNode).Select(node => ChainProblem.IsLimited(node) ? node.Sum() : long.MaxValue).ToArray())];
    }

    /// <summary>Its parts are nodes.</summary>
    public CopyState State { get; }

    /// <summary>[layers][nodes] the most load of each.</summary>
    public long[][] Most { get; }

    /// <summary>Takes over the nodes of items that stand on ranks.</summary>
    public void Reset(ReadOnlySpan<int> layers, CopyItems onRanks)
    {
        var n = onRanks.Count;
        foreach (var layer in layers)
            State.Assign(layer, onRanks.ExpertOf.AsSpan(layer * n, n), [.. onRanks.PartOf.AsSpan(layer * n, n).ToArray().Select(part => part / ranksPerNode)]);
    }

    /// <summary>Spreads the experts of each node over its ranks: the busiest first, each onto the lightest rank with room.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="start">Tells how many experts each rank holds.</param>
    /// <param name="to">Receives the division.</param>
    public void ToRanks(ReadOnlySpan<int> layers, CopyStart start, CopyState to)
    {
        var n = State.Items.Count;
        var room = new int[to.Parts];
        var carried = new long[to.Parts];
        var partOf = new int[n];
        foreach (var layer in layers)
        {
            Array.Clear(room);
            Array.Clear(carried);
            foreach (var part in start.PartOf.AsSpan(layer * n, n))
                room[part]++;
            var items = State.Items;
            foreach (var item in Enumerable.Range(0, n).OrderByDescending(i => items.Load[layer * n + i]))
            {
                var (first, best) = (items.PartOf[layer * n + item] * ranksPerNode, -1);
                for (var rank = first; rank < first + ranksPerNode; rank++)
                    if (room[rank] > 0 && (best < 0 || carried[rank] < carried[best]))
                        best = rank;
                partOf[item] = best;
                room[best]--;
                carried[best] += items.Load[layer * n + item];
            }
            to.Assign(layer, items.ExpertOf.AsSpan(layer * n, n), partOf);
        }
    }
}
