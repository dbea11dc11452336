namespace MoEPlace.Simulation.Scenarios;

/// <summary>A figure of a paper, and which of our measures stands beside it.</summary>
/// <param name="System">For example <c>Tutel</c>.</param>
/// <param name="Source">Paper and section or table; third-party notes are called so.</param>
/// <param name="Measure">What the paper measures, in its words.</param>
/// <param name="Configuration">On what.</param>
/// <param name="Published">The paper's figure, in its words.</param>
/// <param name="PublishedValue">The same as a number.</param>
/// <param name="Ours">Ours.</param>
/// <param name="Difference">What explains the difference.</param>
public sealed record PublishedClaim(
    string System,
    string Source,
    string Measure,
    string Configuration,
    string Published,
    double PublishedValue,
    MeasureChoice Ours,
    string Difference);
