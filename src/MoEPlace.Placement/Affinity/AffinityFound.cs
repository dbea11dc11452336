using System.Collections.Immutable;

namespace MoEPlace.Placement.Affinity;

/// <summary>What a search came to.</summary>
/// <param name="RankOf">[layers, experts] -> rank; holds the load limits.</param>
/// <param name="Rounds">Rounds of all workers.</param>
/// <param name="StopReason">Why it ended.</param>
/// <param name="RelaxedLayers">Layers for which no division within the limit was found.</param>
internal sealed record AffinityFound(int[] RankOf, long Rounds, string StopReason, ImmutableArray<int> RelaxedLayers);
