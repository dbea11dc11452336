namespace MoEPlace.Simulation.Network;

/// <summary>How one exchange is carried: its tiers run at once, what stays on a rank is copied there.</summary>
/// <param name="Name">For people, for example <c>deepep-normal dispatch, 20 SMs</c>.</param>
/// <param name="IntraNode">Through the ports to ranks of the same node.</param>
/// <param name="InterNode">Through the ports to other nodes.</param>
/// <param name="LocalBytesPerSecond">What a rank sends to itself is copied at this rate, before its bytes travel; infinite where it is not copied.</param>
public sealed record Transport(string Name, TierTransport IntraNode, TierTransport InterNode, double LocalBytesPerSecond = double.PositiveInfinity)
{
    /// <summary>The step model's own: latency and bandwidth of the cluster's links, one after the other, nothing copied locally.</summary>
    public static Transport Ideal(Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new Transport("ideal", Tier(cluster.IntraNode), Tier(cluster.InterNode));

        static TierTransport Tier(Link link) => new(link.LatencyNanoseconds * 1e-9, 1, link.BandwidthBytesPerSecond);
    }
}
