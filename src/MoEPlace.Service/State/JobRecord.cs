using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.State;

/// <summary>A job on record.</summary>
/// <param name="Spec">As it was registered.</param>
/// <param name="Epoch">The epoch in force, as told last.</param>
/// <param name="Placement">Digest of the placement in force.</param>
/// <param name="Before">Digest of the one that was in force before, for a roll back; null where there is none.</param>
/// <param name="RegisteredAt">When.</param>
public sealed record JobRecord(JobSpec Spec, int Epoch, string Placement, string? Before, DateTimeOffset RegisteredAt);
