namespace MoEPlace.Results;

/// <summary>What a scenario expects, and what came out.</summary>
/// <param name="Measure">One of <see cref="SimulationMeasure"/>.</param>
/// <param name="Variant">Whose.</param>
/// <param name="Over">The variant that it is divided by; null for the measure itself.</param>
/// <param name="Least">The least that is expected; null for none.</param>
/// <param name="Most">The most that is expected; null for none.</param>
/// <param name="Why">The reason, in words.</param>
/// <param name="Value">What came out.</param>
/// <param name="Met">Whether it is within.</param>
public sealed record ExpectationOutcome(
    string Measure, string Variant, string? Over, double? Least, double? Most, string Why, double Value, bool Met);
