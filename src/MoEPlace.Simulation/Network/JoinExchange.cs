namespace MoEPlace.Simulation.Network;

/// <summary>
/// To the network, from a rank: it has come to an exchange. It hears <see cref="ExchangeDone"/> when its own bytes have travelled.
/// </summary>
/// <param name="Exchange">Index among the network's exchanges.</param>
/// <param name="Rank">The rank; each joins an exchange once.</param>
public sealed record JoinExchange(int Exchange, int Rank);
