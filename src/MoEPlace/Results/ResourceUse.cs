namespace MoEPlace.Results;

/// <summary>How busy the resources of one kind were over a run.</summary>
/// <param name="Kind">For example <c>compute</c>, <c>intra-node out</c>, <c>NIC in</c>, <c>spine</c>.</param>
/// <param name="MeanShare">Of the time, mean over all of the kind: 0 to 1. For links: bytes over what they could have carried.</param>
/// <param name="MostShare">The busiest one's.</param>
/// <param name="Busiest">Which that is, for example <c>rank 5</c>.</param>
public sealed record ResourceUse(string Kind, double MeanShare, double MostShare, string Busiest);
