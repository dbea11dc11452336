namespace MoEPlace.Simulation.Network;

/// <summary>From the network, to a rank that joined: what it sends and receives in the exchange is there.</summary>
/// <param name="Exchange">Index among the network's exchanges.</param>
public sealed record ExchangeDone(int Exchange);
