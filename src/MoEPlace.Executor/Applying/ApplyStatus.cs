namespace MoEPlace.Executor.Applying;

/// <summary>Where an apply stands.</summary>
/// <param name="State">What the job does.</param>
/// <param name="Epoch">The epoch in force.</param>
/// <param name="Steps">Steps that have run.</param>
/// <param name="Wave">The wave that is prepared or was committed last, from 1; 0 before any.</param>
/// <param name="Waves">Waves of the apply; each ends in an epoch.</param>
/// <param name="BytesMoved">Weights that have arrived.</param>
/// <param name="BytesInAll">Weights that the apply moves.</param>
/// <param name="Reason">Why it was aborted; null otherwise.</param>
/// <param name="CanaryDifference">When weights have moved and it is done: the most that a logit of fixed tokens differs from before; null otherwise.</param>
public sealed record ApplyStatus(
    ApplyState State, int Epoch, int Steps, int Wave = 0, int Waves = 0, long BytesMoved = 0, long BytesInAll = 0, string? Reason = null,
    double? CanaryDifference = null);
