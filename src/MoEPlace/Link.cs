namespace MoEPlace;

/// <summary>One direction of a port: what leaves (or enters) a rank through it takes latency + bytes / bandwidth.</summary>
/// <param name="BandwidthBytesPerSecond">Bytes a second in one direction, as large messages reach it or as a data sheet promises it; 10^3 to 10^18.</param>
/// <param name="LatencyNanoseconds">Start-up of one collective over this tier; 0 to 10^9.</param>
/// <param name="Source">Where the two figures come from.</param>
public sealed record Link(double BandwidthBytesPerSecond, double LatencyNanoseconds, string Source)
{
    internal void Check(InputFaults faults, string key)
    {
        CheckBandwidth(faults, key + ".bandwidthBytesPerSecond", BandwidthBytesPerSecond);
        CheckLatency(faults, key + ".latencyNanoseconds", LatencyNanoseconds);
    }

    /// <summary>Notes bytes a second that nothing has: from a slow modem's to more than all memories of a cluster.</summary>
    internal static void CheckBandwidth(InputFaults faults, string key, double bytesPerSecond) =>
        faults.Require(bytesPerSecond is >= 1e3 and <= 1e18, key, bytesPerSecond, "1e3 to 1e18 bytes a second");

    /// <summary>Notes a time before anything begins that is negative or longer than a second.</summary>
    internal static void CheckLatency(InputFaults faults, string key, double nanoseconds) =>
        faults.Require(nanoseconds is >= 0 and <= 1e9, key, nanoseconds, "0 to 1e9 nanoseconds");
}
