namespace MoEPlace.Results;

/// <summary>
/// What a placement is judged by, on one selection of tokens under one residency. A measure is null where it cannot be told: a top-1
/// measure without an order of choice, bytes and seconds without the model's dimensions.
/// </summary>
/// <param name="Tokens">Tokens that were judged.</param>
/// <param name="GpuCrossingFraction">Share of adjacent-layer pairs whose top-1 experts sit on different ranks, 0 to 1.</param>
/// <param name="NodeCrossingFraction">The same for nodes.</param>
/// <param name="RankCopiesPerTokenLayer">Distinct other ranks that a hidden state reaches, dispatch + combine, mean over tokens and layers.</param>
/// <param name="NodeCopiesPerTokenLayer">The same for nodes.</param>
/// <param name="DispatchBytes">Hidden-state payload to other ranks before the experts, over all tokens and layers.</param>
/// <param name="CombineBytes">The same after the experts.</param>
/// <param name="ContextBytes">Residency coherent: keys and values gathered to all other ranks; 0 under home.</param>
/// <param name="ImbalanceMean">Busiest rank over mean of all ranks, mean over layers and windows; 1 is even.</param>
/// <param name="ImbalanceP95">Its 95th percentile, nearest rank.</param>
/// <param name="ImbalanceMax">Its maximum.</param>
/// <param name="StepSeconds">Modelled time of one step.</param>
/// <param name="MemoryBytesPerRank">The fullest rank: weights, replicas and key-value cache.</param>
/// <param name="MigrationBytes">Expert weights that must travel from the given current placement; null without one.</param>
/// <param name="InterNodeBytes">
/// Of dispatch, combine and context, what goes to ranks of other nodes when a state is sent once to each distinct rank; null also in results of
/// before it was measured.
/// </param>
public sealed record PlacementMeasures(
    long Tokens,
    double? GpuCrossingFraction,
    double? NodeCrossingFraction,
    double? RankCopiesPerTokenLayer,
    double? NodeCopiesPerTokenLayer,
    long? DispatchBytes,
    long? CombineBytes,
    long? ContextBytes,
    double ImbalanceMean,
    double ImbalanceP95,
    double ImbalanceMax,
    double? StepSeconds,
    long? MemoryBytesPerRank,
    long? MigrationBytes = null,
    long? InterNodeBytes = null);
