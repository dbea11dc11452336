namespace MoEPlace.Placement.Copies;

/// <summary>The divisions that a worker searches with.</summary>
/// <param name="All">Over ranks, counted on all tokens.</param>
/// <param name="Thinned">Over ranks, counted on fewer tokens; null where there are few.</param>
/// <param name="Nodes">Over whole nodes, on the fewer tokens; null where nodes play no part.</param>
/// <param name="RanksPerNode">Consecutive ranks that share a node; all of them where nodes play no part.</param>
internal sealed record CopyStates(CopyState All, CopyState? Thinned, NodeDivision? Nodes, int RanksPerNode)
{
    /// <summary>Makes them for a problem, at its start.</summary>
    public static CopyStates Of(PlacementProblem problem, CopyStart start, TokenBits tokens, TokenBits? thinned)
    {
        var (cluster, layers) = (problem.Cluster, problem.Model.Layers);
        var load = Enumerable.Range(0, layers).Select(l => problem.Counts.Load(l).ToArray()).ToArray();
        var tiers = cluster.Nodes > 1 && cluster.NodeCrossingWeight > 0;
        // Replicas keep an order among ranks, which nodes know nothing of.
        var byNode = tiers && cluster.RanksPerNode > 1 && problem.RedundantSlots == 0;
        return new CopyStates(
            Make(tokens, cluster.Ranks),
            thinned is null ? null : Make(thinned, cluster.Ranks),
            byNode ? new NodeDivision(Make(thinned ?? tokens, cluster.Nodes), start.Most, cluster.RanksPerNode) : null,
            tiers ? cluster.RanksPerNode : cluster.Ranks);

        CopyState Make(TokenBits of, int parts)
        {
            var items = new CopyItems(of, load, start.Items);
            var perPart = cluster.Ranks / parts;
            for (var layer = 0; layer < layers; layer++)
                items.Assign(
                    layer, start.ExpertOf.AsSpan(layer * start.Items, start.Items),
                    [.. start.PartOf.AsSpan(layer * start.Items, start.Items).ToArray().Select(part => part / perPart)]);
            var state = new CopyState(of, items, parts, parts == cluster.Ranks ? cluster.Nodes : 1, cluster.NodeCrossingWeight);
            state.Reset();
            return state;
        }
    }
}
