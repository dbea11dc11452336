using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Devices;

/// <summary>The libraries' exchanges as transports: one source for closed forms (<see cref="BalancedExchange"/>) and for flows.</summary>
public static class Transports
{
    /// <summary>What carries an exchange, as fast as this traffic lets the library choose.</summary>
    /// <param name="library">The library.</param>
    /// <param name="direction">Dispatch or combine.</param>
    /// <param name="cluster">Links and device; constants are shares of their peaks.</param>
    /// <param name="sms">Streaming multiprocessors that DeepEP's normal kernels take, 1 or more; others do not look at it.</param>
    /// <param name="traffic">Bytes and peers; NCCL chooses its protocol by the mean over ranks, and starts later with every peer.</param>
    public static Transport For(CollectiveLibrary library, ExchangeDirection direction, Cluster cluster, int sms, ExchangeTraffic traffic)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        double bytes = traffic.TotalBytes;
        foreach (var local in traffic.Local)
            bytes += local;
        return For(library, direction, cluster, sms, bytes / traffic.Ranks, traffic.MostPeers);
    }

    /// <summary>The same for traffic of which only the mean is known.</summary>
    /// <param name="library">The library.</param>
    /// <param name="direction">Dispatch or combine.</param>
    /// <param name="cluster">Links and device.</param>
    /// <param name="sms">As above.</param>
    /// <param name="bytesPerRank">What a rank sends on average, to itself included; 0 or more.</param>
    /// <param name="peers">
    /// The most ranks of other nodes that a rank sends to or receives from (<see cref="ExchangeTraffic.MostPeers"/>), 0 or more; null for
    /// all of them. NCCL alone looks at it.
    /// </param>
    /// <param name="constants">Null for <see cref="DeviceConstants.Fitted"/>.</param>
    public static Transport For(
        CollectiveLibrary library,
        ExchangeDirection direction,
        Cluster cluster,
        int sms,
        double bytesPerRank,
        int? peers = null,
        DeviceConstants? constants = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentOutOfRangeException.ThrowIfLessThan(sms, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerRank);
        var others = peers ?? cluster.Ranks - cluster.RanksPerNode;
        ArgumentOutOfRangeException.ThrowIfNegative(others, nameof(peers));
        constants ??= DeviceConstants.Fitted;
        return library switch
        {
            CollectiveLibrary.Ideal when cluster.Calibration is { } measured => Transport.Measured(
                cluster, direction == ExchangeDirection.Dispatch ? measured.Dispatch : measured.Combine),
            CollectiveLibrary.Ideal => Transport.Ideal(cluster),
            CollectiveLibrary.Nccl => OnLinksOf(cluster, Nccl(constants, cluster, bytesPerRank, others)),
            CollectiveLibrary.DeepEpLowLatency => OnLinksOf(cluster, LowLatency(constants.DeepEp, direction, cluster)),
            CollectiveLibrary.DeepEpNormal => OnLinksOf(cluster, Normal(constants.DeepEp, direction, cluster, sms)),
            _ => throw new ArgumentOutOfRangeException(nameof(library), library, null),
        };
    }

    // Start-ups were measured on links with a latency of their own, that of the device's preset: what a cluster states beyond it, or
    // less, comes on top. Devices without a preset are compared with H100's.
    private static Transport OnLinksOf(Cluster cluster, Transport transport)
    {
        var measured = ClusterPresets.Of(cluster.Device);
        return transport with
        {
            IntraNode = Later(transport.IntraNode, cluster.IntraNode, measured.IntraNode),
            InterNode = Later(transport.InterNode, cluster.InterNode, measured.InterNode),
        };

        static TierTransport Later(TierTransport tier, Link link, Link measured) => tier with
        {
            StartUpSeconds = Math.Max(0, tier.StartUpSeconds + (link.LatencyNanoseconds - measured.LatencyNanoseconds) * 1e-9),
        };
    }

    // NCCL takes the protocol whose time it estimates to be least.
    private static Transport Nccl(DeviceConstants constants, Cluster cluster, double bytesPerRank, int peers)
    {
        var c = constants.NcclOn(cluster.Device);
        var (intraNode, interNode) = (c.ShareOfLink * Port(cluster.IntraNode), constants.DeepEp.ShareOfNetwork * Port(cluster.InterNode));
        var messages = peers * c.NetworkMicrosecondsPerPeer;
        var copies = c.ShareOfMemoryForCopies * cluster.Device.MemoryBandwidthBytesPerSecond;
        var simple = new Transport(
            "nccl, simple",
            new TierTransport(c.StartUpMicroseconds * 1e-6, c.Overlap, intraNode),
            new TierTransport((c.StartUpMicroseconds + c.NetworkStartUpMicroseconds + messages) * 1e-6, c.Overlap, interNode),
            copies);
        if (c is not { LowLatencyStartUpMicroseconds: { } startUp, LowLatencyBytesPerSecondPerPeer: { } perPeer })
            return simple;
        // LL sends a flag of 4 bytes with every 4 bytes of data.
        var lowLatency = new Transport(
            "nccl, low latency",
            new TierTransport(startUp * 1e-6, 1, Math.Min(intraNode / 2, perPeer * Math.Max(1, cluster.RanksPerNode - 1))),
            new TierTransport(
                (startUp + c.NetworkLowLatencyStartUpMicroseconds + messages) * 1e-6, 1,
                Math.Min(interNode / 2, perPeer * Math.Max(1, cluster.Ranks - cluster.RanksPerNode))),
            copies);
        var balanced = BalancedExchange.OfPairs(cluster, bytesPerRank);
        return balanced.Seconds(lowLatency) <= balanced.Seconds(simple) ? lowLatency : simple;
    }

    private static Transport LowLatency(DeepEpConstants c, ExchangeDirection direction, Cluster cluster)
    {
        var own = direction == ExchangeDirection.Dispatch ? c.LowLatencyDispatch : c.LowLatencyCombine;
        return new Transport(
            $"deepep low-latency {Word(direction)}",
            new TierTransport(own.IntraNodeStartUpMicroseconds * 1e-6, c.LowLatencyOverlap, own.ShareOfLink * Port(cluster.IntraNode)),
            new TierTransport(own.InterNodeStartUpMicroseconds * 1e-6, c.LowLatencyOverlap, c.ShareOfNetwork * Port(cluster.InterNode)),
            c.ShareOfMemoryForCopies * cluster.Device.MemoryBandwidthBytesPerSecond);
    }

    // On several nodes one kernel sends and forwards: both tiers start with it.
    private static Transport Normal(DeepEpConstants c, ExchangeDirection direction, Cluster cluster, int sms)
    {
        var own = direction == ExchangeDirection.Dispatch ? c.NormalDispatch : c.NormalCombine;
        var intraNode = own.ShareOfLink * Math.Min(Port(cluster.IntraNode), c.MeasuredLinkBytesPerSecond * sms / c.OneNodeSms);
        var interNode = LowerOf(sms * own.NetworkBytesPerSecondPerSm, c.ShareOfNetwork * Port(cluster.InterNode), c.Sharpness)
            * (sms == 12 ? own.UnexplainedShareAt12Sms : 1);
        var (startUp, overlap) = cluster.Nodes == 1
            ? (own.OneNodeStartUpMicroseconds, own.OneNodeOverlap)
            : (own.StartUpMicroseconds, own.Overlap);
        return new Transport(
            $"deepep normal {Word(direction)}, {sms} SMs",
            new TierTransport(startUp * 1e-6, overlap, intraNode),
            new TierTransport(startUp * 1e-6, overlap, interNode),
            c.ShareOfMemoryForCopies * cluster.Device.MemoryBandwidthBytesPerSecond);
    }

    private static double LowerOf(double a, double b, double sharpness)
    {
        var (low, high) = (Math.Min(a, b), Math.Max(a, b));
        return low * Math.Pow(1 + Math.Pow(low / high, sharpness), -1 / sharpness);
    }

    private static double Port(Link link) => link.BandwidthBytesPerSecond;

    private static string Word(ExchangeDirection direction) => direction == ExchangeDirection.Dispatch ? "dispatch" : "combine";
}
