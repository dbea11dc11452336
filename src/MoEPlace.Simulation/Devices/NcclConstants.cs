namespace MoEPlace.Simulation.Devices;

/// <summary>NCCL's all-to-all on one kind of device. Shares are of the peaks that a cluster states.</summary>
/// <param name="Device">The first word of the device's name.</param>
/// <param name="LowLatencyStartUpMicroseconds">Of its protocol for small messages (LL); null where the measurements show only one protocol.</param>
/// <param name="LowLatencyBytesPerSecondPerPeer">What LL moves between two ranks, in each direction; null with the start-up.</param>
/// <param name="StartUpMicroseconds">Of its protocol for large messages (Simple).</param>
/// <param name="Overlap">How that start-up and the bytes add up: <see cref="Network.TierTransport.Overlap"/>.</param>
/// <param name="ShareOfLink">What Simple reaches of a port within a node.</param>
/// <param name="ShareOfMemoryForCopies">What a copy on the device reaches of its memory bandwidth, which it uses twice: at most 1/2.</param>
/// <param name="NetworkLowLatencyStartUpMicroseconds">What LL starts later when it leaves the node.</param>
/// <param name="NetworkStartUpMicroseconds">What Simple starts later when it leaves the node.</param>
/// <param name="NetworkMicrosecondsPerPeer">
/// What every rank of another node that one sends to or receives from adds to the start-up of the network, of either protocol.
/// </param>
/// <param name="Origin">Where the constants come from.</param>
public sealed record NcclConstants(
    string Device,
    double? LowLatencyStartUpMicroseconds,
    double? LowLatencyBytesPerSecondPerPeer,
    double StartUpMicroseconds,
    double Overlap,
    double ShareOfLink,
    double ShareOfMemoryForCopies,
    double NetworkLowLatencyStartUpMicroseconds,
    double NetworkStartUpMicroseconds,
    double NetworkMicrosecondsPerPeer,
    string Origin);
