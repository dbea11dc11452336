using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>How busy the links of one kind were over the first step, in equal bins of its time.</summary>
/// <param name="Kind">As in <see cref="ResourceUse.Kind"/>.</param>
/// <param name="Shares">Bytes over what the links could have carried in the bin, mean over the links: 0 to 1.</param>
public sealed record LinkLoad(string Kind, ImmutableArray<double> Shares);
