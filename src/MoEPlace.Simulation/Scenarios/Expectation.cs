namespace MoEPlace.Simulation.Scenarios;

/// <summary>What a scenario expects; at least one of the two limits is given.</summary>
/// <param name="Measure">One of <see cref="Results.SimulationMeasure"/>.</param>
/// <param name="Variant">Whose.</param>
/// <param name="Why">The reason, in words.</param>
/// <param name="Over">The variant that it is divided by; null for the measure itself.</param>
/// <param name="Least">The least that is expected; null for none.</param>
/// <param name="Most">The most that is expected; null for none.</param>
public sealed record Expectation(
    string Measure, string Variant, string Why, string? Over = null, double? Least = null, double? Most = null);
