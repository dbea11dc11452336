namespace MoEPlace.Service.Jobs;

/// <summary>What the operator of an engine tells of an apply.</summary>
/// <param name="Done">Whether the engine serves the new placement by now.</param>
/// <param name="Reason">Why not; null when it does.</param>
/// <param name="StepSeconds">Median decode step since; null where none was measured.</param>
public sealed record EngineOutcome(bool Done, string? Reason = null, double? StepSeconds = null);
