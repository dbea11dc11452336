namespace MoEPlace.Simulation.Network;

/// <summary>How a library moves bytes through the ports of one tier: what an exchange of its takes beside the bytes on the links.</summary>
/// <param name="StartUpSeconds">Of one exchange; 0 or more.</param>
/// <param name="Overlap">
/// How start-up and bytes add up, p in (start-up^p + bytes time^p)^(1/p): 1 one after the other, more when they overlap, less when
/// messages of middling size reach less than the bandwidth. Above 0.
/// </param>
/// <param name="BytesPerSecond">What it reaches through one direction of a rank's port when messages are large; above 0.</param>
public sealed record TierTransport(double StartUpSeconds, double Overlap, double BytesPerSecond)
{
    /// <summary>The time of an exchange whose bytes take <paramref name="bytesSeconds"/> on the links; 0 when there are none.</summary>
    public double Total(double bytesSeconds)
    {
        if (!(bytesSeconds > 0))
            return 0;
        if (StartUpSeconds <= 0 || Overlap == 1)
            return StartUpSeconds + bytesSeconds;
        var (low, high) = (Math.Min(StartUpSeconds, bytesSeconds), Math.Max(StartUpSeconds, bytesSeconds));
        return high * Math.Pow(1 + Math.Pow(low / high, Overlap), 1 / Overlap);
    }
}
