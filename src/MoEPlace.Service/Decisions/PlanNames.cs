using System.Collections.Immutable;
using MoEPlace.Placement;

namespace MoEPlace.Service.Decisions;

/// <summary>
/// Gives the ranks of a plan other names, so that fewer experts move from what is in force: who is together stays together, on a rank and on a node,
/// and equal ranks stand for each other.
/// </summary>
internal static class PlanNames
{
    /// <summary>The same plan under the names that keep most experts on their ranks.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="current">What is in force, of the same shape.</param>
    /// <param name="apart">Whether layers take names of their own, as they may where hidden states return home after each; else all take the same.</param>
    internal static ExpertPlacement Toward(ExpertPlacement plan, ExpertPlacement current, bool apart)
    {
        var slots = plan.ToSlots();
        var layers = Enumerable.Range(0, plan.Layers).ToArray();
        foreach (var named in apart ? layers.Select(layer => new[] { layer }) : [layers])
        {
            var nameOf = Names(plan, current, named);
            foreach (var layer in named)
            {
                var ranks = new ImmutableArray<int>[plan.Ranks];
                for (var rank = 0; rank < ranks.Length; rank++)
                    ranks[nameOf[rank]] = slots[layer][rank];
                slots = slots.SetItem(layer, [.. ranks]);
            }
        }
        var renamed = new ExpertPlacement(
            plan.Model, plan.HiddenLayers, plan.MoeLayerIds, plan.Experts, plan.Nodes, plan.RanksPerNode, slots, plan.Provenance);
        return KeptSlots.Of(renamed, current);
    }

    /// <summary>[ranks] the new name of each rank: nodes are assigned to nodes by what their best assignment of ranks keeps.</summary>
    private static int[] Names(ExpertPlacement plan, ExpertPlacement current, int[] layers)
    {
        var (nodes, each) = (plan.Nodes, plan.RanksPerNode);
        var kept = Kept(plan, current, layers);
        var within = new int[nodes, nodes][];
        var ofNodes = new long[nodes * nodes];
        var (assignment, costs) = (new LinearAssignment(each), new long[each * each]);
        for (var from = 0; from < nodes; from++)
            for (var to = 0; to < nodes; to++)
            {
                for (var i = 0; i < each; i++)
                    for (var j = 0; j < each; j++)
                        costs[i * each + j] = -kept[(from * each + i) * plan.Ranks + to * each + j];
                within[from, to] = new int[each];
                ofNodes[from * nodes + to] = assignment.Minimize(costs, within[from, to]);
            }
        var nodeOf = new int[nodes];
        LinearAssignment.Solve(ofNodes, nodes, nodeOf);
        var names = new int[plan.Ranks];
        for (var rank = 0; rank < names.Length; rank++)
        {
            var (node, to) = (rank / each, nodeOf[rank / each]);
            names[rank] = to * each + within[node, to][rank % each];
        }
        return names;
    }

    /// <summary>[ranks, ranks] experts that a rank of the plan and a rank in force both have.</summary>
    private static long[] Kept(ExpertPlacement plan, ExpertPlacement current, int[] layers)
    {
        var kept = new long[plan.Ranks * plan.Ranks];
        foreach (var layer in layers)
            for (var expert = 0; expert < plan.Experts; expert++)
                foreach (var of in plan.RanksOf(new LayerId(layer), new ExpertId(expert)))
                    foreach (var at in current.RanksOf(new LayerId(layer), new ExpertId(expert)))
                        kept[of * plan.Ranks + at]++;
        return kept;
    }
}
