namespace MoEPlace.Simulation.Network;

/// <summary>How one exchange is carried: its tiers run at once, what stays on a rank is copied there.</summary>
/// <param name="Name">For people, for example <c>deepep-normal dispatch, 20 SMs</c>.</param>
/// <param name="IntraNode">Through the ports to ranks of the same node.</param>
/// <param name="InterNode">Through the ports to other nodes.</param>
/// <param name="LocalBytesPerSecond">What a rank sends to itself is copied at this rate, before its bytes travel; infinite where it is not
/// copied.</param>
/// <param name="StartsEmpty">Whether an exchange starts on every tier that the ranks have though no payload travels there: counts do.</param>
public sealed record Transport(
    string Name, TierTransport IntraNode, TierTransport InterNode, double LocalBytesPerSecond = double.PositiveInfinity, bool StartsEmpty = false)
{
    /// <summary>The step model's own: latency and bandwidth of the cluster's links, one after the other, nothing copied locally.</summary>
    public static Transport Ideal(Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new Transport("ideal", Tier(cluster.IntraNode), Tier(cluster.InterNode));

        static TierTransport Tier(Link link) => new(link.LatencyNanoseconds * 1e-9, 1, link.BandwidthBytesPerSecond);
    }

    /// <summary>An exchange as it was measured on a cluster.</summary>
    public static Transport Measured(Cluster cluster, ExchangeTime time)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(time);
        return new Transport(
            "measured", Tier(time.IntraNode, cluster.IntraNode), Tier(time.InterNode, cluster.InterNode), time.LocalBytesPerSecond,
            StartsEmpty: true);

        static TierTransport Tier(TierTime tier, Link link) => new(tier.StartUpSeconds, 1, tier.ShareOfLink * link.BandwidthBytesPerSecond);
    }
}
