namespace MoEPlace.Simulation.Scenarios;

/// <summary>How far a run is.</summary>
/// <param name="Done">Variants that are done.</param>
/// <param name="Variants">All.</param>
/// <param name="Doing">What is done now, in words.</param>
public sealed record ScenarioProgress(int Done, int Variants, string Doing);
