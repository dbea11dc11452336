namespace MoEPlace.Simulation.Network;

/// <summary>
/// To the network, from a rank: it moves bytes between its memories. It hears <see cref="TransferDone"/> when they are there.
/// </summary>
/// <param name="Transfer">The sender's own number of the transfer; it comes back in the answer.</param>
/// <param name="Rank">Whose device, host link and node.</param>
/// <param name="Bytes">0 or more.</param>
/// <param name="From">Where they lie.</param>
/// <param name="To">Where they go; within one memory nothing travels.</param>
public sealed record StartTransfer(int Transfer, int Rank, long Bytes, MemoryTier From, MemoryTier To);
