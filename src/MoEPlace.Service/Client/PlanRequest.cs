namespace MoEPlace.Service.Client;

/// <summary>Asks for a decision.</summary>
/// <param name="Simulate">Whether the simulator is asked as well. Default: false.</param>
public sealed record PlanRequest(bool Simulate = false);
