namespace MoEPlace;

/// <summary>How a dispatch or a combine is carried, by tier; both tiers run at once.</summary>
/// <param name="IntraNode">To ranks of the same node.</param>
/// <param name="InterNode">To other nodes.</param>
/// <param name="LocalBytesPerSecond">Payload that a rank sends to itself, before any travels; above 0.</param>
public sealed record ExchangeTime(TierTime IntraNode, TierTime InterNode, double LocalBytesPerSecond)
{
    internal void Check(InputFaults faults, string key)
    {
        IntraNode.Check(faults, key + ".intraNode");
        InterNode.Check(faults, key + ".interNode");
        Link.CheckBandwidth(faults, key + ".localBytesPerSecond", LocalBytesPerSecond);
    }
}
