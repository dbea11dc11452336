using System.Collections.Immutable;
using System.Diagnostics;
using MoEPlace.Evaluation;
using MoEPlace.Results;

namespace MoEPlace.Placement.Policies;

/// <summary>What the policies that compute a placement without a search have in common.</summary>
internal static class DirectSolution
{
    /// <summary>Refuses redundant slots, which a policy without replicas would leave empty.</summary>
    /// <exception cref="InputException">The problem has redundant slots.</exception>
    internal static void RequireNoRedundantSlots(PlacementProblem problem, string policy)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.RedundantSlots != 0)
            throw new InputException("place", "--redundant", problem.RedundantSlots,
                $"0 with --policy {policy}, which makes no replicas; affinity and eplb do");
    }

    /// <summary>The solution of a policy without replicas.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="policy">The name of the policy.</param>
    /// <param name="seed">The seed that it used; 0 for none.</param>
    /// <param name="started">When it began, by <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="rankOf">[layers, experts] -> rank.</param>
    internal static PlacementSolution FromRanks(
        PlacementProblem problem, string policy, long seed, long started, ReadOnlySpan<int> rankOf) => Judge(problem, started, ExpertPlacement.FromRanks(
            problem.Model, problem.Cluster, rankOf, Provenance(problem, policy, seed, ImmutableSortedDictionary<string, string>.Empty)));

    /// <summary>How a placement of this problem came to be.</summary>
    internal static PlacementProvenance Provenance(
        PlacementProblem problem, string policy, long seed, ImmutableSortedDictionary<string, string> options) =>
        new(policy, problem.TraceDigest, options, seed, MoEPlaceVersion.Current);

    /// <summary>Adds the imbalance, which is the objective, and the time since <paramref name="started"/>.</summary>
    internal static PlacementSolution Judge(PlacementProblem problem, long started, ExpertPlacement placement)
    {
        var imbalance = LoadImbalance.Of(placement, problem.Counts.AllLoad).Mean;
        var summary = new SolveSummary(SolveStatus.Feasible, "imbalance", imbalance, null, null, 0, "computed without a search", []);
        return new PlacementSolution(placement, summary, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
