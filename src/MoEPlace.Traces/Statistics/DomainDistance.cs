namespace MoEPlace.Traces.Statistics;

/// <summary>How far the loads of two domains differ, on the sampled tokens.</summary>
/// <param name="First">Number of a domain.</param>
/// <param name="Second">Number of another, higher one.</param>
/// <param name="Distance">
/// Jensen-Shannon distance of their loads, the root of the divergence in bits, mean over layers: 0 alike, 1 apart.
/// </param>
public sealed record DomainDistance(int First, int Second, double Distance);
