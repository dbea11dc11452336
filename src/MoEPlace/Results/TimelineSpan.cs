namespace MoEPlace.Results;

/// <summary>Something that ran on a track, or bytes that a link carried.</summary>
/// <param name="Track">Its index among the tracks.</param>
/// <param name="Phase">attention, gate, dispatch, experts, combine, shared, dense, context, step, gradient, load, wait.</param>
/// <param name="Layer">The MoE layer by ordinal; -1 where there is none.</param>
/// <param name="Part">The micro-batch or part, from 0.</param>
/// <param name="BeginPicoseconds">When it began.</param>
/// <param name="DurationPicoseconds">How long it took, 0 or more.</param>
/// <param name="Bytes">What it moved; 0 for computation.</param>
public sealed record TimelineSpan(
    int Track, string Phase, int Layer, int Part, long BeginPicoseconds, long DurationPicoseconds, long Bytes = 0);
