using System.Collections.Immutable;

namespace MoEPlace.Service.Routing;

/// <summary>What the latest tokens look like under a placement.</summary>
/// <param name="Tokens">Tokens that were looked at.</param>
/// <param name="GpuCrossing">Share of adjacent-layer pairs whose top-1 experts sit on different ranks; null of counts.</param>
/// <param name="NodeCrossing">The same for nodes.</param>
/// <param name="CrossingByLayer">[layers - 1] the same for ranks, layer by layer; empty of counts.</param>
/// <param name="Imbalance">Busiest rank over mean, mean over layers.</param>
/// <param name="Load">[layers, ranks] (token, expert) pairs.</param>
/// <param name="Traffic">[ranks, ranks] hidden states that went from a rank to another, dispatch and combine; empty of counts, diagonal 0.</param>
/// <param name="RankCopies">Hidden states that went to other ranks for each token and layer, dispatch and combine; null of counts.</param>
/// <param name="NodeCopies">Of these, those that went to another node, once for each rank there, as they are sent; null of counts.</param>
public sealed record RoutingMeasures(
    long Tokens, double? GpuCrossing, double? NodeCrossing, ImmutableArray<double> CrossingByLayer, double Imbalance, ImmutableArray<float> Load,
    ImmutableArray<float> Traffic, double? RankCopies = null, double? NodeCopies = null);
