namespace MoEPlace.Results;

/// <summary>What a search knew at one moment: the steps of its curve over time.</summary>
/// <param name="Seconds">Wall-clock seconds since the search began, 0 or more.</param>
/// <param name="Objective">The best objective so far, in the unit of <see cref="SolveSummary.Objective"/>; null before there was one.</param>
/// <param name="Bound">The best lower bound so far, in the same unit; null before there was one.</param>
public sealed record SolvePoint(double Seconds, double? Objective, double? Bound);
