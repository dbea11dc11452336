using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using MoEPlace.Placement.Copies;
using MoEPlace.Results;

namespace MoEPlace.Placement.Affinity;

/// <summary>Places experts so that those that a token visits share a rank, or at least a node, under a load limit.</summary>
public static class AffinityPolicy
{
    /// <summary>Searches a placement.</summary>
    /// <param name="problem">
    /// What to place. Objective crossing needs top-1 transitions; copies and step need tokens, step the model's dimensions too.
    /// </param>
    /// <param name="progress">Told several times a second.</param>
    /// <param name="cancellation">Ends the search; the best so far is returned.</param>
    /// <exception cref="InputException">The recording cannot serve the objective, or has no tokens for redundant slots.</exception>
    public static PlacementSolution Place(
        PlacementProblem problem, IProgress<SearchProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Check(problem);
        var watch = Stopwatch.StartNew();
        var (placement, summary) = problem.Objective switch
        {
            PlacementObjective.Crossing => Crossing(problem, progress, cancellation),
            PlacementObjective.Copies => Copies(problem, progress, cancellation),
            _ => new StepCandidates(problem, progress, cancellation).Best(),
        };
        return new PlacementSolution(placement, summary, watch.Elapsed.TotalSeconds);
    }

    /// <summary>Minimises crossings: by transitions alone where every expert has one slot, else on the tokens.</summary>
    internal static (ExpertPlacement Placement, SolveSummary Summary) Crossing(
        PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        if (problem.RedundantSlots > 0)
            return OnTokens(problem, CopyMeasure.Crossing, progress, cancellation);
        var search = new AffinitySearch(problem, limit => ChainProblem.OfCrossing(problem, limit.Most));
        var found = search.Run(progress, chain => kept => (chain.TotalWeight - kept) / (double)chain.RankWeight, cancellation);
        var placement = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, found.RankOf, Provenance(problem));
        var objective = CrossingCount.Objective(problem.Counts, found.RankOf, problem.Cluster);
        return (placement, Summarize(problem, objective, found.Rounds, found.StopReason, found.RelaxedLayers));
    }

    /// <summary>Minimises copies, counted on the tokens.</summary>
    internal static (ExpertPlacement Placement, SolveSummary Summary) Copies(
        PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation) =>
        OnTokens(problem, problem.Conditions.RunsCoherent ? CopyMeasure.Coherent : CopyMeasure.Home, progress, cancellation);

    /// <summary>How a placement of this policy says that it came to be.</summary>
    internal static PlacementProvenance Provenance(PlacementProblem problem)
    {
        var options = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        options["cluster"] = $"{problem.Cluster.Name} {problem.Cluster.Nodes}x{problem.Cluster.RanksPerNode}";
        options["objective"] = Name(problem.Objective);
        options["residency"] = problem.Conditions.Residency == Residency.Home ? "home" : "coherent";
        if (problem.RedundantSlots > 0)
            options["redundant"] = problem.RedundantSlots.ToString(CultureInfo.InvariantCulture);
        if (problem.MaxImbalance is { } most)
            options["max-imbalance"] = most.ToString(CultureInfo.InvariantCulture);
        if (problem.Slice is { } slice)
            options["split"] = slice.Split.ToString().ToLowerInvariant();
        if (problem.IterationLimit != long.MaxValue)
            options["iteration-limit"] = problem.IterationLimit.ToString(CultureInfo.InvariantCulture);
        return new PlacementProvenance("affinity", problem.TraceDigest, options.ToImmutable(), problem.Seed, MoEPlaceVersion.Current);
    }

    /// <summary>The objective as the command names it.</summary>
    internal static string Name(PlacementObjective objective) => objective.ToString().ToLowerInvariant();

    private static (ExpertPlacement Placement, SolveSummary Summary) OnTokens(
        PlacementProblem problem, CopyMeasure measure, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        var (model, cluster) = (problem.Model, problem.Cluster);
        var found = new CopySearch(problem, measure).Run(progress, cancellation);
        var (best, least) = found.Candidates
            .Select(slots => new ExpertPlacement(
                model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode, slots, Provenance(problem)))
            .Select(placement => (placement, JudgedObjective.Of(problem, measure, placement)))
            .MinBy(candidate => candidate.Item2);
        return (best, Summarize(problem, least, found.Rounds, found.StopReason, found.RelaxedLayers));
    }

    private static SolveSummary Summarize(
        PlacementProblem problem, double objective, long rounds, string stopReason, ImmutableArray<int> relaxedLayers)
    {
        // Nothing is below zero: a placement that moves nothing is proven best; any other proves nothing yet.
        double? bound = objective == 0 ? 0 : null;
        return new SolveSummary(
            bound is null ? SolveStatus.Limit : SolveStatus.Optimal, Name(problem.Objective), objective, bound, bound, rounds, stopReason, relaxedLayers);
    }

    private static void Check(PlacementProblem problem)
    {
        var faults = new InputFaults("place");
        faults.Require(
            problem.RedundantSlots == 0 || problem.Slice is not null, "--redundant", problem.RedundantSlots,
            "0 for a recording without tokens, as replicas share tokens; eplb takes loads");
        if (problem.Objective == PlacementObjective.Crossing || problem.Conditions.Residency == Residency.Coherent)
            faults.Require(
                problem.Counts.HasTransitions, "--policy", "affinity",
                "a trace whose top-1 can be told (gate weights, or choices by weight); eplb needs load only");
        if (problem.Objective != PlacementObjective.Crossing)
            faults.Require(problem.Slice is not null, "--objective", Name(problem.Objective), "crossing, or a recording with tokens");
        if (problem.Objective == PlacementObjective.Step)
            faults.Require(
                problem.Model.Dimensions is not null, "--objective", "step",
                "crossing or copies; step needs the model's dimensions in the trace (trace import --model)");
        faults.ThrowIfAny();
    }
}
