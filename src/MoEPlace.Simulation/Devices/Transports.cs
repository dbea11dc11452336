using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Devices;

/// <summary>The libraries' exchanges as transports: one source for closed forms and for flows.</summary>
public static class Transports
{
    /// <summary>The SMs that DeepEP's normal kernels take by default.</summary>
    public const int DefaultSms = 20;

    /// <summary>What carries an exchange, as fast as this traffic lets the library choose.</summary>
    /// <param name="library">The library.</param>
    /// <param name="direction">Dispatch or combine.</param>
    /// <param name="cluster">Links and device; constants are shares of their peaks.</param>
    /// <param name="sms">Streaming multiprocessors that DeepEP's normal kernels take, 1 or more; others do not look at it.</param>
    /// <param name="traffic">Bytes; NCCL chooses its protocol by the mean over ranks.</param>
    public static Transport For(CollectiveLibrary library, ExchangeDirection direction, Cluster cluster, int sms, ExchangeTraffic traffic)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        double bytes = traffic.TotalBytes;
        foreach (var local in traffic.Local)
            bytes += local;
        return For(library, direction, cluster, sms, bytes / traffic.Ranks);
    }

    /// <summary>The same for traffic of which only the mean is known.</summary>
    /// <param name="library">The library.</param>
    /// <param name="direction">Dispatch or combine.</param>
    /// <param name="cluster">Links and device.</param>
    /// <param name="sms">As above.</param>
    /// <param name="bytesPerRank">What a rank sends on average, to itself included; 0 or more.</param>
    public static Transport For(CollectiveLibrary library, ExchangeDirection direction, Cluster cluster, int sms, double bytesPerRank)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentOutOfRangeException.ThrowIfLessThan(sms, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerRank);
        var (intra, inter) = (cluster.IntraNode.BandwidthBytesPerSecond, cluster.InterNode.BandwidthBytesPerSecond);
        var (start, far) = direction == ExchangeDirection.Dispatch ? (14.4e-6, 20.2e-6) : (10.5e-6, 24.9e-6);
        return library switch
        {
            CollectiveLibrary.Ideal => Transport.Ideal(cluster),
            CollectiveLibrary.Nccl => new("nccl", new(12e-6, 0.8, 0.79 * intra), new(26e-6, 0.8, 0.9 * inter), 0.45 * cluster.Device.MemoryBandwidthBytesPerSecond),
            CollectiveLibrary.DeepEpLowLatency => new("deepep-low-latency", new(start, 1, 0.5 * intra), new(far, 1, 0.93 * inter)),
            CollectiveLibrary.DeepEpNormal => new(
                $"deepep-normal, {sms} SMs", new(30e-6, 1.2, Math.Min(sms * 14e9, 0.65 * intra)), new(30e-6, 1.2, Math.Min(sms * 2e9, 0.9 * inter))),
            _ => throw new ArgumentOutOfRangeException(nameof(library), library, null),
        };
    }
}
