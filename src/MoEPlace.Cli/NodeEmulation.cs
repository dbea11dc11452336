namespace MoEPlace.Cli;

/// <summary>Nodes that are to be made of this machine.</summary>
/// <param name="Nodes">How many.</param>
/// <param name="LinkBytesPerSecond">What the link of each carries in a direction; null for as much as it can.</param>
internal sealed record NodeEmulation(int Nodes, double? LinkBytesPerSecond);
