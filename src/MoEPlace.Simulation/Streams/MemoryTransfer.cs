using System.Collections.Immutable;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Streams;

/// <summary>What every rank moves between its memories in one operation.</summary>
/// <param name="Bytes">[ranks] 0 or more.</param>
/// <param name="From">Where they lie.</param>
/// <param name="To">Where they go.</param>
public sealed record MemoryTransfer(ImmutableArray<long> Bytes, MemoryTier From, MemoryTier To);
