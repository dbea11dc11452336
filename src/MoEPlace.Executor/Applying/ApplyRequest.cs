namespace MoEPlace.Executor.Applying;

/// <summary>A wish for another placement.</summary>
/// <param name="Target">The placement; of the job's model and ranks.</param>
/// <param name="BytesPerStep">Weights that may leave ranks during one step, over all ranks; 1 or more.</param>
public sealed record ApplyRequest(ExpertPlacement Target, long BytesPerStep);
