using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using MoEPlace.Evaluation;
using MoEPlace.Results;

namespace MoEPlace.Placement.Policies;

/// <summary>What the policies that compute a placement without a search have in common.</summary>
internal static class DirectSolution
{
    /// <summary>Refuses ranks that differ in slots or speed, which only policy affinity knows of.</summary>
    /// <exception cref="InputException">Ranks differ.</exception>
    internal static void RequireEqualRanks(PlacementProblem problem, string policy)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (!problem.HasEqualRanks)
            throw new InputException("place", "--policy", policy, "affinity where ranks are drained, slower or of less memory");
    }

    /// <summary>Refuses redundant slots, which a policy without replicas would leave empty.</summary>
    /// <exception cref="InputException">The problem has redundant slots.</exception>
    internal static void RequireNoRedundantSlots(PlacementProblem problem, string policy)
    {
        ArgumentNullException.ThrowIfNull(problem);
        RequireEqualRanks(problem, policy);
        if (problem.RedundantSlots != 0)
            throw new InputException("place", "--redundant", problem.RedundantSlots,
                $"0 with --policy {policy}, which makes no replicas; affinity, eplb and cooccurrence do");
    }

    /// <summary>Refuses what has no pairs of experts that a token chose together.</summary>
    /// <exception cref="InputException">The recording holds no tokens, or its tokens choose one expert.</exception>
    internal static void RequirePairs(PlacementProblem problem, string policy)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var faults = new InputFaults("place");
        faults.Require(
            problem.Counts.Tokens > 0, "trace", "how often each expert was chosen, without tokens",
            $"a trace of tokens for --policy {policy}");
        faults.Require(
            problem.Model.TopK > 1, "trace top_k", problem.Model.TopK,
            $"2 or more for --policy {policy}, which groups experts that tokens choose together");
        faults.ThrowIfAny();
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

    /// <summary>How a policy was set that fills redundant slots, or looks at one split.</summary>
    internal static ImmutableSortedDictionary<string, string> Options(PlacementProblem problem)
    {
        var options = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
            .Add("redundantSlots", problem.RedundantSlots.ToString(CultureInfo.InvariantCulture));
        return problem.Slice is { } slice ? options.Add("split", slice.Selection) : options;
    }

    /// <summary>A placement with replicas.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="map">[layers][slots] slot -> expert; slot j is on rank j / <see cref="PlacementProblem.SlotsPerRank"/>.</param>
    /// <param name="provenance">How it came to be.</param>
    internal static ExpertPlacement FromSlots(PlacementProblem problem, int[][] map, PlacementProvenance provenance)
    {
        var (model, cluster, size) = (problem.Model, problem.Cluster, problem.SlotsPerRank);
        return new ExpertPlacement(
            model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode,
            [.. map.Select(layer => layer.Chunk(size).Select(rank => rank.ToImmutableArray()).ToImmutableArray())], provenance);
    }

    /// <summary>Adds the imbalance, which is the objective, and the time since <paramref name="started"/>.</summary>
    internal static PlacementSolution Judge(
        PlacementProblem problem,
        long started,
        ExpertPlacement placement,
        SolveStatus status = SolveStatus.Feasible,
        long iterations = 0,
        string stopReason = "computed without a search")
    {
        var imbalance = LoadImbalance.Of(placement, problem.Counts.AllLoad).Mean;
        var summary = new SolveSummary(status, "imbalance", imbalance, null, null, iterations, stopReason, []);
        return new PlacementSolution(placement, summary, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
