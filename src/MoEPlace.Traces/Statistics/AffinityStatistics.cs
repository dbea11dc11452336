namespace MoEPlace.Traces.Statistics;

/// <summary>
/// How much a layer tells about the next, on the sampled tokens. A finite sample shows some mutual information where there is none: the
/// shuffled figures are the same estimate with the tokens of the next layer in random order, the ground that the others stand on.
/// </summary>
/// <param name="FromLayer">The first of the two layers, by ordinal.</param>
/// <param name="ChoiceBits">
/// Mutual information, in bits, of one choice in the layer and one in the next, each of the top-k x top-k pairs of a token's choices
/// counting alike.
/// </param>
/// <param name="ChoiceShuffledBits">The same with tokens shuffled.</param>
/// <param name="TopOneBits">Mutual information, in bits, of the top-1 expert in the layer and in the next; null without a top-1.</param>
/// <param name="TopOneShuffledBits">The same with tokens shuffled; null without a top-1.</param>
/// <param name="HeaviestSuccessorShare">
/// Share of all tokens whose top-1 goes to the most frequent successor of the expert that it comes from, 0 to 1; null without a top-1.
/// </param>
public sealed record AffinityStatistics(
    int FromLayer,
    double ChoiceBits,
    double ChoiceShuffledBits,
    double? TopOneBits,
    double? TopOneShuffledBits,
    double? HeaviestSuccessorShare);
