using System.Collections.Immutable;

namespace MoEPlace.Placement.Copies;

/// <summary>What a search over copies came to.</summary>
/// <param name="Candidates">Placements to choose among: one, or what each worker found where the search counts by another dispatch rule than the judge.</param>
/// <param name="Rounds">Rounds of all workers.</param>
/// <param name="StopReason">Why it ended.</param>
/// <param name="RelaxedLayers">Layers for which no division within the limit was found.</param>
internal sealed record CopyFound(
    ImmutableArray<ImmutableArray<ImmutableArray<ImmutableArray<int>>>> Candidates, long Rounds, string StopReason, ImmutableArray<int> RelaxedLayers);
