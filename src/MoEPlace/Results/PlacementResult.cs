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
public sealed record PlacementResult(
    string Label,
    string Policy,
    long Seed,
    double? MaxImbalance,
    SolveSummary? Solve,
    double? SolveSeconds,
    PlacementMeasures Measures,
    PlacementDetail Detail,
    string? SolvedOn = null);
