using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>One gate over the steps of its training.</summary>
/// <param name="Gate">Its kind.</param>
/// <param name="Points">By rising step, at least one.</param>
public sealed record GateCurve(string Gate, ImmutableArray<GatePoint> Points);
