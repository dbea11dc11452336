using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Placement;

/// <summary>
/// What shall be placed, on what, and what is to be minimised. Made by <see cref="Create"/>, which checks it, so that a policy
/// can rely on it.
/// </summary>
public sealed record PlacementProblem
{
    private PlacementProblem()
    {
    }

    /// <summary>The model whose experts are placed.</summary>
    public required MoEModel Model { get; init; }

    /// <summary>The nodes and ranks that they are placed on.</summary>
    public required Cluster Cluster { get; init; }

    /// <summary>Load, and transitions and co-activation where the recording has them.</summary>
    public required RoutingCounts Counts { get; init; }

    /// <summary>The tokens that are solved on; null for a recording without tokens.</summary>
    public TraceSlice? Slice { get; init; }

    /// <summary>SHA-256 of the recording; empty without.</summary>
    public string TraceDigest { get; init; } = "";

    /// <summary>What is minimised.</summary>
    public PlacementObjective Objective { get; init; } = PlacementObjective.Step;

    /// <summary>Residency, and the step that is modelled.</summary>
    public EvaluationOptions Conditions { get; init; } = new();

    /// <summary>Slots per layer beyond one for each expert, over all ranks.</summary>
    public int RedundantSlots { get; internal init; }

    /// <summary>Busiest rank over mean, in every layer; null for no limit. Layers that cannot reach it are held to their best.</summary>
    public double? MaxImbalance { get; init; }

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Wall-clock limit of a search.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Limit in rounds of the search: with it, and no time limit reached, the same seed gives the same placement.</summary>
    public long IterationLimit { get; init; } = long.MaxValue;

    /// <summary>Whether time is spent to prove how far the result is from the best.</summary>
    public bool WantsBound { get; init; } = true;

    /// <summary>Ranks that shall hold nothing, rising.</summary>
    public ImmutableArray<int> DrainedRanks { get; private init; } = [];

    /// <summary>[ranks] slots of each in every layer: equally many, but for drained ranks and those with less memory.</summary>
    public ImmutableArray<int> SlotsOf { get; internal init; }

    /// <summary>[ranks] how fast each computes; a load limit grants a rank load in proportion.</summary>
    public ImmutableArray<double> SpeedOf { get; internal init; }

    /// <summary>The placement in force; null when there is none to keep to.</summary>
    public ExpertPlacement? Current { get; init; }

    /// <summary>The most bytes of expert weights that may travel from <see cref="Current"/>; null for any number.</summary>
    public long? MigrationBudgetBytes { get; init; }

    /// <summary>Slots of every rank in every layer, where all are equal.</summary>
    public int SlotsPerRank => (Model.Experts + RedundantSlots) / Cluster.Ranks;

    /// <summary>True when all ranks have equally many slots and compute equally fast.</summary>
    public bool HasEqualRanks => SlotsOf.All(slots => slots == SlotsOf[0]) && SpeedOf.All(speed => speed == SpeedOf[0]);

    /// <summary>Checks a problem and hands it on.</summary>
    /// <exception cref="InputException">
    /// Slots do not divide by ranks, a limit is out of range, the counts belong to another model, or there are tokens of prefill where
    /// <see cref="DecodeTokens.Alone"/> forbids them.
    /// </exception>
    /// <exception cref="InfeasibleException">Constraints exclude each other; all that do are told.</exception>
    public static PlacementProblem Create(
        MoEModel model,
        Cluster cluster,
        RoutingCounts counts,
        TraceSlice? slice = null,
        PlacementObjective objective = PlacementObjective.Step,
        EvaluationOptions? conditions = null,
        int redundantSlots = 0,
        double? maxImbalance = null,
        long seed = 1,
        TimeSpan? timeLimit = null,
        long iterationLimit = long.MaxValue,
        string traceDigest = "",
        ImmutableArray<int>? drainedRanks = null,
        ExpertPlacement? current = null,
        long? migrationBudgetBytes = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(counts);
        var faults = new InputFaults("place");
        ImmutableArray<int> drained = [.. (drainedRanks ?? []).Order()];
        Check(faults, model, cluster, redundantSlots, maxImbalance, timeLimit, iterationLimit, drained);
        CheckMigration(faults, model, cluster, current, migrationBudgetBytes);
        faults.Require(counts.Layers == model.Layers, "trace layers", counts.Layers, $"{model.Layers}, as in the model");
        faults.Require(counts.Experts == model.Experts, "trace experts", counts.Experts, $"{model.Experts}, as in the model");
        if (slice is not null && DecodeTokens.Alone(objective, conditions ?? new EvaluationOptions()))
            faults.Require(
                DecodeTokens.Prefill(slice) is 0, "trace phase", $"prefill in tokens of {slice.Selection}", "decode alone with residency coherent");
        faults.ThrowIfAny();
        var conflicts = new List<string>();
        var slotsOf = RankSlots.Deal(model, cluster, conditions ?? new EvaluationOptions(), redundantSlots, drained, conflicts);
        if (current is not null && migrationBudgetBytes is { } budget && conflicts.Count == 0)
            RankSlots.CheckBudget(model, current, slotsOf, budget, conflicts);
        if (conflicts.Count > 0)
            throw new InfeasibleException(conflicts);
        return new PlacementProblem
        {
            Model = model,
            Cluster = cluster,
            Counts = counts,
            Slice = slice,
            TraceDigest = slice?.Trace.Digest ?? traceDigest,
            Objective = objective,
            Conditions = conditions ?? new EvaluationOptions(),
            RedundantSlots = redundantSlots,
            MaxImbalance = maxImbalance,
            Seed = seed,
            TimeLimit = timeLimit ?? TimeSpan.FromSeconds(30),
            IterationLimit = iterationLimit,
            DrainedRanks = drained,
            SlotsOf = slotsOf,
            SpeedOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => cluster.SpeedOf(new RankId(rank)))],
            Current = current,
            MigrationBudgetBytes = migrationBudgetBytes,
        };
    }

    /// <summary>Notes what of a problem is wrong before anything is counted: slots that do not divide by ranks, limits out of range.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="model">The model whose experts are placed.</param>
    /// <param name="cluster">The nodes and ranks.</param>
    /// <param name="redundantSlots">Slots per layer beyond one for each expert.</param>
    /// <param name="maxImbalance">Busiest rank over mean; null for no limit.</param>
    /// <param name="timeLimit">Wall-clock limit; null for the default.</param>
    /// <param name="iterationLimit">Limit in rounds.</param>
    /// <param name="drainedRanks">Ranks that shall hold nothing.</param>
    public static void Check(
        InputFaults faults,
        MoEModel model,
        Cluster cluster,
        int redundantSlots,
        double? maxImbalance,
        TimeSpan? timeLimit,
        long iterationLimit,
        ImmutableArray<int> drainedRanks)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cluster);
        var slots = (long)model.Experts + redundantSlots;
        var mostRedundant = (long)model.Experts * (cluster.Ranks - 1);
        faults.Require(
            redundantSlots >= 0 && redundantSlots <= mostRedundant, "--redundant", redundantSlots,
            $"0 to {mostRedundant} (a copy of every expert on every other rank)");
        faults.Require(
            slots % cluster.Ranks == 0 || !drainedRanks.IsEmpty || cluster.UnequalRanks is not null, "--cluster", cluster.Ranks,
            $"ranks that divide the {slots} slots of a layer (experts + redundant)");
        var listed = string.Join(',', drainedRanks);
        faults.Require(
            drainedRanks.Distinct().Count() == drainedRanks.Length && drainedRanks.All(r => r >= 0 && r < cluster.Ranks), "--drain", listed,
            $"ranks 0 to {cluster.Ranks - 1}, each once");
        faults.Require(drainedRanks.Length < cluster.Ranks, "--drain", listed, "at least one rank left in use");
        faults.Require(maxImbalance is null or (>= 1 and < double.PositiveInfinity), "--max-imbalance", maxImbalance, "1 or more");
        faults.Require(timeLimit is null || timeLimit > TimeSpan.Zero, "--time-limit", timeLimit, "above 0 seconds");
        faults.Require(iterationLimit >= 1, "--iteration-limit", iterationLimit, "1 or more");
    }

    /// <summary>Notes what is wrong with a migration: a map that does not fit, a budget without a map or without the size of an expert.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="model">The model whose experts are placed.</param>
    /// <param name="cluster">The nodes and ranks.</param>
    /// <param name="current">The placement in force; null for none.</param>
    /// <param name="budgetBytes">The most bytes that may travel; null for any number.</param>
    /// <param name="file">The file that the placement came from.</param>
    public static void CheckMigration(
        InputFaults faults, MoEModel model, Cluster cluster, ExpertPlacement? current, long? budgetBytes, string file = "--current")
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(model);
        if (current is not null)
        {
            var unfit = new InputFaults(file);
            PlacementCost.CheckFit(unfit, "placement", current, model, cluster);
            faults.AddRange(unfit.ToImmutable());
        }
        if (budgetBytes is null)
            return;
        faults.Require(budgetBytes >= 0, "--migration-budget", budgetBytes, "0 or more bytes");
        faults.Require(
            current is { HasReplicas: false }, "--migration-budget", budgetBytes, "a placement in force (--current) without replicas beside it");
        faults.Require(
            model.Dimensions is not null, "--migration-budget", budgetBytes,
            "the model's dimensions in the trace (trace import --model), which say how large an expert is");
    }
}
