using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using MoEPlace.Evaluation;
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
    /// <exception cref="InputException">The recording cannot serve the objective, or redundant slots are asked for.</exception>
    public static PlacementSolution Place(
        PlacementProblem problem, IProgress<SearchProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Check(problem);
        var watch = Stopwatch.StartNew();
        var solution = problem.Objective switch
        {
            PlacementObjective.Crossing => Crossing(problem, progress, cancellation),
            PlacementObjective.Copies => Copies(problem, CopySavings.Of(problem), progress, cancellation),
            _ => new StepCandidates(problem, progress, cancellation).Best(),
        };
        return solution with { Seconds = watch.Elapsed.TotalSeconds };
    }

    /// <summary>Minimises crossings.</summary>
    internal static PlacementSolution Crossing(
        PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation) =>
        Search(
            problem, limit => ChainOf.Crossing(problem, limit.Most), progress,
            chain => kept => (chain.TotalWeight - kept) / (double)chain.RankWeight,
            placement => CrossingCount.Objective(problem.Counts, RankOf(placement), problem.Cluster), cancellation);

    /// <summary>Minimises copies, led by pairs of experts; the objective is counted on the tokens.</summary>
    internal static PlacementSolution Copies(
        PlacementProblem problem, CopySavings savings, IProgress<SearchProgress>? progress, CancellationToken cancellation) =>
        Search(problem, limit => ChainOf.Copies(problem, limit.Most, savings), progress, null, placement =>
        {
            var measures = PlacementCost.Evaluate(problem.Slice!, placement, problem.Cluster, problem.Conditions).Measures;
            var cells = (double)measures.Tokens * problem.Model.Layers;
            return Math.Round(measures.RankCopiesPerTokenLayer!.Value * cells)
                + problem.Cluster.NodeCrossingWeight * Math.Round(measures.NodeCopiesPerTokenLayer!.Value * cells);
        }, cancellation);

    /// <summary>How a placement of this policy says that it came to be.</summary>
    internal static PlacementProvenance Provenance(PlacementProblem problem)
    {
        var options = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        options["cluster"] = $"{problem.Cluster.Name} {problem.Cluster.Nodes}x{problem.Cluster.RanksPerNode}";
        options["objective"] = Name(problem.Objective);
        options["residency"] = problem.Conditions.Residency == Residency.Home ? "home" : "coherent";
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

    private static PlacementSolution Search(
        PlacementProblem problem, Func<LoadLimit, ChainProblem> toChain, IProgress<SearchProgress>? progress,
        Func<ChainProblem, Func<long, double>>? toObjective, Func<ExpertPlacement, double> objectiveOf, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var migration = problem.Current is null ? null : new Migration(problem, toChain);
        var found = migration?.Run(progress, toObjective, cancellation)
            ?? new AffinitySearch(problem, toChain).Run(progress, toObjective, cancellation);
        var placement = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, found.RankOf, Provenance(problem));
        if (problem.Current is { } current)
            placement = KeptSlots.Of(placement, current);
        var summary = Describe(problem, found, objectiveOf(placement));
        return new PlacementSolution(placement, summary, watch.Elapsed.TotalSeconds) { MigrationCurve = migration?.Curve(objectiveOf) ?? [] };
    }

    private static SolveSummary Describe(PlacementProblem problem, AffinityFound found, double objective)
    {
        // Nothing is below zero: a placement that moves nothing is proven best; any other proves nothing yet.
        double? bound = objective == 0 ? 0 : null;
        return new SolveSummary(
            bound is null ? SolveStatus.Limit : SolveStatus.Optimal,
            Name(problem.Objective),
            objective,
            bound,
            bound,
            found.Rounds,
            found.StopReason,
            found.RelaxedLayers);
    }

    /// <summary>[layers, experts] the rank of each expert of a placement without replicas.</summary>
    private static int[] RankOf(ExpertPlacement placement)
    {
        var rankOf = new int[placement.Layers * placement.Experts];
        for (var cell = 0; cell < rankOf.Length; cell++)
            rankOf[cell] = placement.RanksOf(new LayerId(cell / placement.Experts), new ExpertId(cell % placement.Experts))[0];
        return rankOf;
    }

    private static void Check(PlacementProblem problem)
    {
        var faults = new InputFaults("place");
        faults.Require(problem.RedundantSlots == 0, "--redundant", problem.RedundantSlots, "0 for policy affinity; eplb places redundant experts");
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
