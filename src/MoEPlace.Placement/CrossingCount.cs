using MoEPlace.Traces;

namespace MoEPlace.Placement;

/// <summary>Counts the objective crossing of a placement without replicas.</summary>
internal static class CrossingCount
{
    /// <summary>GPU crossings + <see cref="Cluster.NodeCrossingWeight"/> x node crossings of top-1 transitions.</summary>
    /// <param name="counts">The transitions.</param>
    /// <param name="rankOf">[layers, experts] -> rank.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    internal static double Objective(RoutingCounts counts, ReadOnlySpan<int> rankOf, Cluster cluster)
    {
        var n = counts.Experts;
        var (gpu, node) = (0L, 0L);
        for (var layer = 0; layer + 1 < counts.Layers; layer++)
        {
            var transitions = counts.Transitions(layer);
            for (var a = 0; a < n; a++)
            {
                var from = rankOf[layer * n + a];
                for (var b = 0; b < n; b++)
                {
                    var to = rankOf[(layer + 1) * n + b];
                    gpu += from != to ? transitions[a * n + b] : 0;
                    node += from / cluster.RanksPerNode != to / cluster.RanksPerNode ? transitions[a * n + b] : 0;
                }
            }
        }
        return gpu + cluster.NodeCrossingWeight * node;
    }
}
