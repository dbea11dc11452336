namespace MoEPlace.Executor.Ranks.Emulation;

/// <summary>What the adapter of a node has carried, headers and all.</summary>
/// <param name="Sent">Bytes out of the node.</param>
/// <param name="Received">Bytes into it.</param>
public sealed record AdapterBytes(long Sent, long Received);
