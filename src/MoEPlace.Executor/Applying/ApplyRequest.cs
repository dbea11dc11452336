namespace MoEPlace.Executor.Applying;

/// <summary>A wish for another placement.</summary>
/// <param name="Target">The placement; of the job's model and ranks.</param>
/// <param name="BytesPerStep">Weights that may leave ranks during one step, over all ranks; 1 or more, of which less than 4,096 counts as 4,096.</param>
public sealed record ApplyRequest(ExpertPlacement Target, long BytesPerStep);
