namespace MoEPlace.Service.Jobs;

/// <summary>
/// What the service wishes of a job: that a placement be in force. The job compares it with what is; so a wish may be told any number of times, and
/// each attempt is begun at most once in a life of the job.
/// </summary>
/// <param name="Apply">The number of the apply, from 1.</param>
/// <param name="Attempt">Which attempt, from 1; a new one begins anew, or turns back.</param>
/// <param name="Placement">The digest of the map that shall be in force; what it holds is fetched by it.</param>
/// <param name="BytesPerStep">Weights that may travel during one step, over all ranks.</param>
public sealed record JobWish(int Apply, int Attempt, string Placement, long BytesPerStep);
