namespace MoEPlace.Benchmarks.Kernels;

/// <summary>What a run of the hold model measured.</summary>
/// <param name="PerSecond">Events per second of the clock.</param>
/// <param name="PerCoreSecond">Events per second of processor time of the process: other work on the machine changes it less.</param>
/// <param name="BytesPerEvent">What the thread allocated.</param>
internal sealed record HoldRates(double PerSecond, double PerCoreSecond, double BytesPerEvent);
