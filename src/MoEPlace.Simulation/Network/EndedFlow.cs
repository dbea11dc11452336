namespace MoEPlace.Simulation.Network;

/// <summary>A flow whose last byte has passed.</summary>
/// <param name="Flow">The flow.</param>
/// <param name="Epoch">An instant of its life, picoseconds.</param>
/// <param name="Time">Picoseconds from there to its end.</param>
internal readonly record struct EndedFlow(Flow Flow, long Epoch, double Time);
