using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>One placement and what it was judged to be.</summary>
/// <param name="Label">A name for figures, for example <c>affinity, load at most 1.05</c>.</param>
/// <param name="Policy">The policy, or the engine that it was imported from.</param>
/// <param name="Seed">The seed that it was solved under.</param>
/// <param name="MaxImbalance">The load limit that it was solved under; null without one.</param>
/// <param name="Solve">How it was solved; null when it was only judged.</param>
/// <param name="SolveSeconds">Wall-clock seconds of the search; null when it was only judged.</param>
/// <param name="Measures">On the split that was judged.</param>
/// <param name="Detail">The same layer by layer.</param>
/// <param name="SolvedOn">The split that it was solved on: train, test or all; null when it was only judged or that is not known.</param>
/// <param name="RunSeconds">Wall-clock seconds of the whole program: reading, counting, search, writing; null unless measured.</param>
/// <param name="PeakMemoryBytes">The most memory that the program and the solvers that it started held; null unless measured.</param>
/// <param name="OtherResidency">The measures under the residency that the result file does not name; null unless judged.</param>
public sealed record PlacementResult(
    string Label,
    string Policy,
    long Seed,
    double? MaxImbalance,
    SolveSummary? Solve,
    double? SolveSeconds,
    PlacementMeasures Measures,
    PlacementDetail Detail,
    string? SolvedOn = null,
    double? RunSeconds = null,
    long? PeakMemoryBytes = null,
    PlacementMeasures? OtherResidency = null)
{
    /// <summary>Best objective and bound over the time of the search, by rising seconds; empty where none was kept, never default.</summary>
    public ImmutableArray<SolvePoint> Trajectory { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>
    /// Gain against bytes moved from the placement in force, within the budget: bytes rise, objectives fall; empty without one.
    /// </summary>
    public ImmutableArray<MigrationPoint> MigrationCurve { get; init => field = value.IsDefault ? [] : value; } = [];
}
