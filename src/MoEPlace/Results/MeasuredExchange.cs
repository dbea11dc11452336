namespace MoEPlace.Results;

/// <summary>An exchange in which every rank sends as much to each of its peers.</summary>
/// <param name="Direction">dispatch or combine.</param>
/// <param name="Peers">Whom every rank sends to: itself, intra-node, inter-node or all (other ranks on both tiers).</param>
/// <param name="BytesPerPeer">Payload of hidden states; 0 for none.</param>
/// <param name="Time">What it took.</param>
public sealed record MeasuredExchange(string Direction, string Peers, long BytesPerPeer, MeasuredTime Time);
