namespace MoEPlace.Simulation.Devices;

/// <summary>One direction of DeepEP's normal kernels: one kind for one node, another for several.</summary>
/// <param name="OneNodeStartUpMicroseconds">Of the kernels of one node.</param>
/// <param name="OneNodeOverlap">How that start-up and the bytes add up: <see cref="Network.TierTransport.Overlap"/>.</param>
/// <param name="ShareOfLink">What both kinds reach of a port within a node, given SMs enough.</param>
/// <param name="StartUpMicroseconds">Of the kernels of several nodes.</param>
/// <param name="Overlap">How that start-up and the bytes add up.</param>
/// <param name="NetworkBytesPerSecondPerSm">What one SM moves to other nodes: with few of them they are the limit, not the port.</param>
/// <param name="UnexplainedShareAt12Sms">
/// An anomaly of the measurements, named and kept apart: at 12 SMs, and there alone, the rate to other nodes is this share of what 8 and
/// 16 SMs let expect. 1 where there is none.
/// </param>
/// <param name="Origin">Where the constants come from.</param>
public sealed record DeepEpNormalConstants(
    double OneNodeStartUpMicroseconds,
    double OneNodeOverlap,
    double ShareOfLink,
    double StartUpMicroseconds,
    double Overlap,
    double NetworkBytesPerSecondPerSm,
    double UnexplainedShareAt12Sms,
    string Origin);
