namespace MoEPlace.Results;

/// <summary>A figure of a paper beside ours.</summary>
/// <param name="System">For example <c>Tutel</c>.</param>
/// <param name="Source">Paper and section or table; third-party notes are called so.</param>
/// <param name="Measure">What the paper measures, in its words.</param>
/// <param name="Configuration">On what.</param>
/// <param name="Published">The paper's figure, in its words.</param>
/// <param name="PublishedValue">The same as a number that ours is compared with.</param>
/// <param name="Simulated">Ours: a measure of ours, or the ratio of two variants' measures.</param>
/// <param name="Difference">What explains the difference.</param>
public sealed record PublishedFigure(
    string System, string Source, string Measure, string Configuration, string Published, double PublishedValue, double Simulated, string Difference);
