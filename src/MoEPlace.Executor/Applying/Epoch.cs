namespace MoEPlace.Executor.Applying;

/// <summary>A placement in force: every step of a job runs on exactly one, on all ranks.</summary>
/// <param name="Number">0 for the placement that the job began with, then 1 more with every commit, over all lives of the job.</param>
/// <param name="Placement">The map.</param>
public sealed record Epoch(int Number, ExpertPlacement Placement);
