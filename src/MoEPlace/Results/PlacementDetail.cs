using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>The measures layer by layer, for figures.</summary>
/// <param name="LoadByLayerAndRank">[layer][rank] (token, expert) pairs over all judged tokens.</param>
/// <param name="GpuCrossingByLayer">[layers - 1] share of tokens whose top-1 rank changes from layer l to l + 1; empty without top-1.</param>
/// <param name="RankCopiesByLayer">[layers] dispatch + combine copies per token; empty where they cannot be told.</param>
/// <param name="RankOfExpert">[layer][expert] the lowest rank that holds the expert.</param>
/// <param name="Remaining">Where what still crosses comes from; null without top-1 and in older files.</param>
/// <param name="RedundantSlotsPerLayer">Slots beyond one for each expert, mean over layers; null in older files.</param>
public sealed record PlacementDetail(
    ImmutableArray<ImmutableArray<long>> LoadByLayerAndRank,
    ImmutableArray<double> GpuCrossingByLayer,
    ImmutableArray<double> RankCopiesByLayer,
    ImmutableArray<ImmutableArray<int>> RankOfExpert,
    RemainingTraffic? Remaining = null,
    double? RedundantSlotsPerLayer = null);
