namespace MoEPlace.Results;

/// <summary>The time of one phase in a simulated step.</summary>
/// <param name="Phase">As in <see cref="TimelineSpan.Phase"/>.</param>
/// <param name="BusySeconds">Summed over layers and parts, mean over ranks.</param>
/// <param name="MostSeconds">The same on the rank where it is longest.</param>
/// <param name="ExposedSeconds">
/// Of <paramref name="BusySeconds"/>, what no computation of the same rank ran beside; for computation, all of it. An instant at which
/// several are under way counts once, for the first of: dispatch, combine, context, gradient, load, wait. So all phases and the time in which
/// nothing ran add up to the step.
/// </param>
public sealed record PhaseTime(string Phase, double BusySeconds, double MostSeconds, double ExposedSeconds);
