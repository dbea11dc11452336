namespace MoEPlace.Simulation.Devices;

/// <summary>DeepEP's kernels. Shares are of the peaks that a cluster states; what a streaming multiprocessor (SM) moves is absolute.</summary>
/// <param name="Device">The device that was measured; others take its shares.</param>
/// <param name="ShareOfNetwork">What RDMA reaches of a port to other nodes, in all kernels.</param>
/// <param name="ShareOfMemoryForCopies">What stays on a rank is read and written: half of the memory bandwidth.</param>
/// <param name="LowLatencyOverlap">How start-up and bytes of the low-latency kernels add up: <see cref="Network.TierTransport.Overlap"/>.</param>
/// <param name="Sharpness">
/// How two limits of one rate meet, q in (a^-q + b^-q)^(-1/q): large where the lower one alone decides.
/// </param>
/// <param name="OneNodeSms">SMs from which on the normal kernels of one node no longer gain: it was measured at this number alone.</param>
/// <param name="MeasuredLinkBytesPerSecond">The port within a node of the measured device: what an SM moves inside a node is absolute, not a share.</param>
/// <param name="LowLatencyDispatch">Low-latency kernels, to the experts.</param>
/// <param name="LowLatencyCombine">Low-latency kernels, back.</param>
/// <param name="NormalDispatch">Normal kernels, to the experts.</param>
/// <param name="NormalCombine">Normal kernels, back.</param>
/// <param name="Origin">Where the constants come from.</param>
public sealed record DeepEpConstants(
    string Device,
    double ShareOfNetwork,
    double ShareOfMemoryForCopies,
    double LowLatencyOverlap,
    double Sharpness,
    int OneNodeSms,
    double MeasuredLinkBytesPerSecond,
    DeepEpLowLatencyConstants LowLatencyDispatch,
    DeepEpLowLatencyConstants LowLatencyCombine,
    DeepEpNormalConstants NormalDispatch,
    DeepEpNormalConstants NormalCombine,
    string Origin);
