namespace MoEPlace.Simulation.Network;

/// <summary>A span without pause in which a link carried something.</summary>
/// <param name="Link">Index of the link in <see cref="NetworkLinks"/>.</param>
/// <param name="Begin">When the first flow began.</param>
/// <param name="End">When the last one ended.</param>
/// <param name="Share">Of the link's capacity that was in use, as a mean over the span; 0 to 1.</param>
public readonly record struct BusySpan(int Link, SimTime Begin, SimTime End, double Share);
