using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>What the streams and links of a simulated step did when.</summary>
/// <param name="Tracks">Streams and links, in the order in which they are drawn.</param>
/// <param name="Spans">What ran on them, by track, then begin.</param>
public sealed record Timeline(ImmutableArray<TimelineTrack> Tracks, ImmutableArray<TimelineSpan> Spans);
