namespace MoEPlace;

/// <summary>The device of one rank.</summary>
/// <param name="Name">For people.</param>
/// <param name="FlopsPerSecond">Dense matrix operations a second in the type that the model computes in; a multiply-add counts 2.</param>
/// <param name="MemoryBytes">Device memory.</param>
/// <param name="MemoryBandwidthBytesPerSecond">Of the device memory.</param>
/// <param name="KernelLaunchNanoseconds">Fixed cost of each phase of a layer on the device.</param>
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
