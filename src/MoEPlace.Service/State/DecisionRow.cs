using MoEPlace.Service.Decisions;

namespace MoEPlace.Service.State;

/// <summary>A decision on record.</summary>
/// <param name="Job">The job.</param>
/// <param name="Number">From 1.</param>
/// <param name="At">When.</param>
/// <param name="Decision">What was decided.</param>
public sealed record DecisionRow(string Job, int Number, DateTimeOffset At, Decision Decision);
