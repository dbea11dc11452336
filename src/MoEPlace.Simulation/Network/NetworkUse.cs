using System.Collections.Immutable;

namespace MoEPlace.Simulation.Network;

/// <summary>What the links did in a run.</summary>
/// <param name="Bytes">[links] bytes that each carried.</param>
/// <param name="Busy">[links] time in which each carried something.</param>
/// <param name="Spans">When, in the order in which the spans ended; empty unless they were asked for.</param>
public sealed record NetworkUse(ImmutableArray<long> Bytes, ImmutableArray<SimTime> Busy, ImmutableArray<BusySpan> Spans);
