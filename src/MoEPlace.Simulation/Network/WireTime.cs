namespace MoEPlace.Simulation.Network;

/// <summary>How long bytes take, in whole picoseconds rounded up.</summary>
internal static class WireTime
{
    /// <summary>The time of some bytes at a rate: exact when the rate is a whole number.</summary>
    /// <param name="bytes">0 or more.</param>
    /// <param name="bytesPerSecond">Above 0; infinite takes no time.</param>
    internal static long Picoseconds(long bytes, double bytesPerSecond)
    {
        if (bytes == 0 || double.IsPositiveInfinity(bytesPerSecond))
            return 0;
        if (bytesPerSecond != Math.Floor(bytesPerSecond) || bytesPerSecond > 1L << 62)
            return SimTime.FromSeconds(bytes / bytesPerSecond).Picoseconds;
        var rate = (UInt128)(long)bytesPerSecond;
        return checked((long)(((UInt128)(ulong)bytes * 1_000_000_000_000UL + rate - 1) / rate));
    }

    /// <summary>What a tier takes at least beside the time of its bytes: nothing where start-up and bytes overlap.</summary>
    internal static long LeastStartUp(TierTransport tier) => tier.Overlap > 1 ? 0 : SimTime.FromSeconds(tier.StartUpSeconds).Picoseconds;

    /// <summary>
    /// What a rank's bytes on one tier take, start-up included. It pays the start-up also when it has no bytes itself: all ranks take
    /// part in a collective on whose tier something travels.
    /// </summary>
    /// <param name="tier">How they are carried.</param>
    /// <param name="elapsedPicoseconds">From the beginning to the end of its last flow, as the network found it; 0 without flows.</param>
    /// <param name="leaving">Bytes through its own port.</param>
    /// <param name="leavingRate">What that port reaches; the time is never under bytes over rate.</param>
    /// <param name="entering">Bytes through its own port, inwards.</param>
    /// <param name="enteringRate">What that port reaches.</param>
    internal static long TierPicoseconds(
        TierTransport tier, double elapsedPicoseconds, long leaving, double leavingRate, long entering, double enteringRate)
    {
        var startUp = SimTime.FromSeconds(tier.StartUpSeconds).Picoseconds;
        if (elapsedPicoseconds == 0)
            return startUp;
        var elapsed = elapsedPicoseconds - FlowPool.Slack(elapsedPicoseconds);
        if (tier.StartUpSeconds > 0 && tier.Overlap != 1)
        {
            var least = Math.Max(leaving / leavingRate, entering / enteringRate);
            return SimTime.FromSeconds(tier.Total(Math.Max(least, elapsed * 1e-12))).Picoseconds;
        }
        var bound = Math.Max(Picoseconds(leaving, leavingRate), Picoseconds(entering, enteringRate));
        return checked(startUp + Math.Max(bound, (long)Math.Ceiling(elapsed)));
    }
}
