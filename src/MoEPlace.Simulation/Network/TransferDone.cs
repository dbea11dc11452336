namespace MoEPlace.Simulation.Network;

/// <summary>From the network, to who started a transfer: its bytes are there.</summary>
/// <param name="Transfer">The number that it was started with.</param>
public sealed record TransferDone(int Transfer);
