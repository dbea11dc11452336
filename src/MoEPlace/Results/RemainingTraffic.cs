using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>Where the tokens go that still change rank between layers.</summary>
/// <param name="TransitionsByLayer">[layers - 1] tokens with a top-1 expert in layer l and in l + 1.</param>
/// <param name="GpuCrossingsByLayer">[layers - 1] of these, those that change rank.</param>
/// <param name="NodeCrossingsByLayer">[layers - 1] of these again, those that change node.</param>
/// <param name="HeaviestPairs">
/// The heaviest pairs of experts that share no rank, most tokens first; all that there are, or as many as were asked for.
/// </param>
public sealed record RemainingTraffic(
    ImmutableArray<long> TransitionsByLayer,
    ImmutableArray<long> GpuCrossingsByLayer,
    ImmutableArray<long> NodeCrossingsByLayer,
    ImmutableArray<CrossingPair> HeaviestPairs);
