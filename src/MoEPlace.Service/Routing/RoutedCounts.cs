namespace MoEPlace.Service.Routing;

/// <summary>How often each expert was chosen since the last such message.</summary>
/// <param name="Tokens">Tokens that ran, 1 or more.</param>
/// <param name="Counts">[layers, experts] choices; each layer adds up to at most tokens x topK. The array may be longer: it is rented.</param>
public sealed record RoutedCounts(long Tokens, int[] Counts);
