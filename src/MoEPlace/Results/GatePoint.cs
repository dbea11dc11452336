namespace MoEPlace.Results;

/// <summary>What a gate's routing of held-out text was after some steps of training.</summary>
/// <param name="Step">Steps trained.</param>
/// <param name="Loss">Cross entropy of the next byte on held-out text, in nats.</param>
/// <param name="AffinityBits">
/// Mutual information of the top-1 experts of adjacent layers, mean over the pairs of layers, less what the same estimate gives for
/// shuffled tokens.
/// </param>
/// <param name="ContiguousCrossing">Share of adjacent-layer pairs that cross GPUs under contiguous placement, on test sequences.</param>
/// <param name="AffinityCrossing">The same under a placement that was solved on the training sequences of that recording.</param>
/// <param name="Imbalance">Load of the busiest expert over the mean load, mean over layers.</param>
public sealed record GatePoint(
    long Step, double Loss, double AffinityBits, double ContiguousCrossing, double AffinityCrossing, double Imbalance);
