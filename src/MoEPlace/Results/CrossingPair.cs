namespace MoEPlace.Results;

/// <summary>Two experts of adjacent layers that share no rank, and the tokens that go from one to the other.</summary>
/// <param name="FromLayer">The layer of the first, by ordinal; the second is in the next.</param>
/// <param name="FromExpert">The top-1 expert in that layer.</param>
/// <param name="ToExpert">The top-1 expert in the next layer.</param>
/// <param name="Tokens">Tokens that go so; all of them change rank.</param>
/// <param name="FromRank">The lowest rank that holds the first.</param>
/// <param name="ToRank">The lowest rank that holds the second.</param>
public sealed record CrossingPair(int FromLayer, int FromExpert, int ToExpert, long Tokens, int FromRank, int ToRank);
