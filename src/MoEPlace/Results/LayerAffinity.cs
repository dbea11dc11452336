using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>The transitions between two adjacent layers, for the heat map.</summary>
/// <param name="FromLayer">The first of the two layers, by ordinal.</param>
/// <param name="Transitions">[expert of this layer][expert of the next] tokens whose top-1 goes so.</param>
public sealed record LayerAffinity(int FromLayer, ImmutableArray<ImmutableArray<long>> Transitions);
