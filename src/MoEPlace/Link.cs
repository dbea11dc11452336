namespace MoEPlace;

/// <summary>One direction of a port: what leaves (or enters) a rank through it takes latency + bytes / bandwidth.</summary>
/// <param name="BandwidthBytesPerSecond">Bytes a second in one direction, as large messages reach it or as a data sheet promises it; above 0.</param>
/// <param name="LatencyNanoseconds">Start-up of one collective over this tier; 0 or more.</param>
/// <param name="Source">Where the two figures come from.</param>
public sealed record Link(double BandwidthBytesPerSecond, double LatencyNanoseconds, string Source)
{
    internal void Check(InputFaults faults, string key)
    {
        faults.Require(
            BandwidthBytesPerSecond > 0 && double.IsFinite(BandwidthBytesPerSecond),
            key + ".bandwidthBytesPerSecond", BandwidthBytesPerSecond, "above 0, finite");
        faults.Require(
            LatencyNanoseconds >= 0 && double.IsFinite(LatencyNanoseconds),
            key + ".latencyNanoseconds", LatencyNanoseconds, "0 or more, finite");
    }
}
