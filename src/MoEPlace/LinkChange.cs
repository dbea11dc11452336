namespace MoEPlace;

/// <summary>A port that is slower than the others of its kind: a failing adapter, a degraded fast link.</summary>
/// <param name="Port">Which kind of port.</param>
/// <param name="Rank">The rank whose port it is (the adapter that it uses, with all who share it); null when a node is named.</param>
/// <param name="Node">The node all of whose ports of this kind are meant; null when a rank is named.</param>
/// <param name="Direction">Null for both.</param>
/// <param name="BandwidthShare">Of the bandwidth that is left, 10^-6 to 1.</param>
/// <param name="AddedLatencyNanoseconds">What every exchange or transfer through it takes longer, 0 to 10^9.</param>
public sealed record LinkChange(
    PortKind Port,
    int? Rank = null,
    int? Node = null,
    PortDirection? Direction = null,
    double BandwidthShare = 1,
    double AddedLatencyNanoseconds = 0);
