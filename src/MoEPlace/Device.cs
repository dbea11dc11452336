namespace MoEPlace;

/// <summary>The device of one rank.</summary>
/// <param name="Name">For people.</param>
/// <param name="FlopsPerSecond">Dense matrix operations a second in the type that the model computes in; a multiply-add counts 2; 10^6 to 10^21.</param>
/// <param name="MemoryBytes">Device memory, 1 or more.</param>
/// <param name="MemoryBandwidthBytesPerSecond">Of the device memory, 10^3 to 10^18.</param>
/// <param name="KernelLaunchNanoseconds">Fixed cost of each phase of a layer on the device, 0 to 10^9.</param>
/// <param name="Source">Where the figures come from.</param>
/// <param name="Multiprocessors">Streaming multiprocessors (compute units), 1 or more; null where nothing shares them.</param>
public sealed record Device(
    string Name,
    double FlopsPerSecond,
    long MemoryBytes,
    double MemoryBandwidthBytesPerSecond,
    double KernelLaunchNanoseconds,
    string Source,
    int? Multiprocessors = null);
