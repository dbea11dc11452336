namespace MoEPlace.Simulation.Network;

/// <summary>One all-to-all of a step: every rank joins it, it begins when the last has, and a rank is done when what it sends and receives is.</summary>
/// <param name="Name">For people, for example <c>dispatch 17</c>.</param>
/// <param name="Traffic">Bytes.</param>
/// <param name="Transport">What carries them.</param>
public sealed record Exchange(string Name, ExchangeTraffic Traffic, Transport Transport);
