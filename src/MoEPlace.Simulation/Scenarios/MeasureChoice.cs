namespace MoEPlace.Simulation.Scenarios;

/// <summary>A measure of a variant, or how many times that of another it is.</summary>
/// <param name="Measure">One of <see cref="Results.SimulationMeasure"/>.</param>
/// <param name="Variant">Whose.</param>
/// <param name="Over">The variant that it is divided by; null for the measure itself.</param>
public sealed record MeasureChoice(string Measure, string Variant, string? Over = null);
