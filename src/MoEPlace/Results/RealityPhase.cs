namespace MoEPlace.Results;

/// <summary>The time of one phase in a step, mean over ranks, median over steps; waiting for other ranks is part of an exchange.</summary>
/// <param name="Phase">Attention, dispatch, experts, combine and step, whatever is beside the layers.</param>
/// <param name="MeasuredSeconds">On the clock of the ranks.</param>
/// <param name="SimulatedSeconds">In the simulation.</param>
public sealed record RealityPhase(string Phase, double MeasuredSeconds, double SimulatedSeconds);
