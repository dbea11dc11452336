namespace MoEPlace.Service.Jobs;

/// <summary>What the operator of an engine tells of an apply: of each attempt, in the order in which they were put in force.</summary>
/// <param name="Attempt">Of which attempt, as it was told.</param>
/// <param name="Done">Whether the engine serves the placement of that attempt by now.</param>
/// <param name="Reason">Why not; null when it does.</param>
/// <param name="StepSeconds">Median decode step since; null where none was measured.</param>
public sealed record EngineOutcome(int Attempt, bool Done, string? Reason = null, double? StepSeconds = null);
