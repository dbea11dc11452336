namespace MoEPlace.Simulation.Devices;

/// <summary>One direction of DeepEP's low-latency kernels.</summary>
/// <param name="IntraNodeStartUpMicroseconds">Of messages within a node.</param>
/// <param name="InterNodeStartUpMicroseconds">Of messages to other nodes.</param>
/// <param name="ShareOfLink">What it reaches of a port within a node.</param>
/// <param name="Origin">Where the constants come from.</param>
public sealed record DeepEpLowLatencyConstants(
    double IntraNodeStartUpMicroseconds, double InterNodeStartUpMicroseconds, double ShareOfLink, string Origin);
