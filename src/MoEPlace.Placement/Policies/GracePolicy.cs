using System.Diagnostics;

namespace MoEPlace.Placement.Policies;

/// <summary>
/// The grouping of GRACE-MoE (Han et al. 2025): experts that tokens choose together in a layer are grouped by spectral clustering
/// (<see cref="SpectralGrouping"/>), for nodes first and then for the ranks of each node, in groups of exactly equal size. Layers are
/// grouped one by one; its replicas and its routing are not offered.
/// </summary>
public static class GracePolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "grace";

    /// <summary>Places a problem; the objective of the solution is the imbalance.</summary>
    /// <param name="problem">A problem with tokens that choose two or more experts.</param>
    /// <param name="cancellation">Ends the work: the layers that are left stay contiguous.</param>
    /// <exception cref="InputException">Redundant slots, no tokens, or one expert per token.</exception>
    public static PlacementSolution Place(PlacementProblem problem, CancellationToken cancellation = default)
    {
        var started = Stopwatch.GetTimestamp();
        DirectSolution.RequirePairs(problem, Name);
        DirectSolution.RequireNoRedundantSlots(problem, Name);
        var (layers, experts) = (problem.Model.Layers, problem.Model.Experts);
        var rankOf = new int[layers * experts];
        for (var layer = 0; layer < layers; layer++)
            GroupLayer(problem, problem.Counts.Coactivation(layer), rankOf.AsSpan(layer * experts, experts), cancellation);
        return DirectSolution.FromRanks(problem, Name, 0, started, rankOf);
    }

    private static void GroupLayer(PlacementProblem problem, ReadOnlySpan<long> together, Span<int> rankOf, CancellationToken cancellation)
    {
        var (experts, nodes, ranksPerNode) = (rankOf.Length, problem.Cluster.Nodes, problem.Cluster.RanksPerNode);
        if (cancellation.IsCancellationRequested)
        {
            for (var e = 0; e < experts; e++)
                rankOf[e] = e / problem.SlotsPerRank;
            return;
        }
        var affinity = together.ToArray();
        var nodeOf = SpectralGrouping.Group(affinity, experts, nodes);
        for (var node = 0; node < nodes; node++)
        {
            var own = Enumerable.Range(0, experts).Where(e => nodeOf[e] == node).ToArray();
            var within = new long[own.Length * own.Length];
            for (var a = 0; a < own.Length; a++)
                for (var b = 0; b < own.Length; b++)
                    within[a * own.Length + b] = affinity[own[a] * experts + own[b]];
            var groupOf = SpectralGrouping.Group(within, own.Length, ranksPerNode);
            for (var i = 0; i < own.Length; i++)
                rankOf[own[i]] = node * ranksPerNode + groupOf[i];
        }
    }
}
