using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using MoEPlace.Placement.Copies;
using MoEPlace.Results;

namespace MoEPlace.Placement.Affinity;

/// <summary>Places experts so that those that a token visits share a rank, or at least a node, under a load limit.</summary>
public static class AffinityPolicy
{
    /// <summary>Searches a placement, and proves how far it is from the best.</summary>
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
        return new CertifiedSearch(problem, progress, cancellation).Run(problem.Objective switch
        {
            PlacementObjective.Crossing => Crossing,
            PlacementObjective.Copies => Copies,
            _ => (part, record, stop) => new StepCandidates(part, record, stop).Best(),
        });
    }

    /// <summary>Minimises crossings: by transitions alone where every expert has one slot, else on the tokens.</summary>
    internal static PlacementSolution Crossing(
        PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation) =>
        problem.RedundantSlots > 0
            ? OnTokens(problem, CopyMeasure.Crossing, progress, cancellation)
            : OnChain(
                problem, limit => ChainOf.Crossing(problem, limit.Most), progress,
                // Where node weights are rounded for the search, what it keeps is no objective that could be told.
                IsExact(problem) ? chain => kept => (chain.TotalWeight - kept) / (double)chain.RankWeight : null,
                placement => CrossingCount.Objective(problem.Counts, RankOf(placement), problem.Cluster), cancellation);

    /// <summary>Minimises copies, counted on the tokens; within a migration budget led by pairs of experts.</summary>
    internal static PlacementSolution Copies(
        PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        var measure = problem.Conditions.RunsCoherent ? CopyMeasure.Coherent : CopyMeasure.Home;
        if (problem.MigrationBudgetBytes is null)
            return OnTokens(problem, measure, progress, cancellation);
        var savings = CopySavings.Of(problem);
        return OnChain(
            problem, limit => ChainOf.Copies(problem, limit.Most, savings), progress, null,
            placement => JudgedObjective.Of(problem, measure, placement), cancellation);
    }

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
            options["split"] = slice.Selection;
        if (problem.IterationLimit != long.MaxValue)
            options["iteration-limit"] = problem.IterationLimit.ToString(CultureInfo.InvariantCulture);
        return new PlacementProvenance("affinity", problem.TraceDigest, options.ToImmutable(), problem.Seed, MoEPlaceVersion.Current);
    }

    /// <summary>The objective as the command names it.</summary>
    internal static string Name(PlacementObjective objective) => objective.ToString().ToLowerInvariant();

    private static PlacementSolution OnTokens(
        PlacementProblem problem, CopyMeasure measure, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var (model, cluster) = (problem.Model, problem.Cluster);
        var found = new CopySearch(problem, measure).Run(progress, cancellation);
        var (best, least) = found.Candidates
            .Select(slots => new ExpertPlacement(
                model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode, slots, Provenance(problem)))
            .Select(placement => (placement, JudgedObjective.Of(problem, measure, placement)))
            .MinBy(candidate => candidate.Item2);
        var placement = problem.Current is { } current ? KeptSlots.Of(best, current) : best;
        var summary = Summarize(problem, least, found.Rounds, found.StopReason, found.RelaxedLayers);
        return new PlacementSolution(placement, summary, watch.Elapsed.TotalSeconds);
    }

    private static PlacementSolution OnChain(
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
        var summary = Summarize(problem, objectiveOf(placement), found.Rounds, found.StopReason, found.RelaxedLayers);
        return new PlacementSolution(placement, summary, watch.Elapsed.TotalSeconds) { MigrationCurve = migration?.Curve(objectiveOf) ?? [] };
    }

    private static SolveSummary Summarize(
        PlacementProblem problem, double objective, long rounds, string stopReason, ImmutableArray<int> relaxedLayers) =>
        new(SolveStatus.Limit, Name(problem.Objective), objective, null, null, rounds, stopReason, relaxedLayers);

    private static bool IsExact(PlacementProblem problem)
    {
        var weight = ChainOf.Unit * problem.Cluster.NodeCrossingWeight;
        return weight == Math.Round(weight) && weight <= ChainOf.MostNodeWeight;
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
        faults.Require(
            problem.RedundantSlots == 0 || problem.MigrationBudgetBytes is null, "--redundant", problem.RedundantSlots,
            "0 with --migration-budget: replicas are placed without one");
        faults.Require(
            problem.RedundantSlots == 0 || problem.HasEqualRanks, "--redundant", problem.RedundantSlots,
            "0 where ranks are drained, slower or of less memory: replicas take equal ranks");
        faults.ThrowIfAny();
    }
}
