namespace MoEPlace.Service.Client;

/// <summary>A decision is being made.</summary>
/// <param name="Decision">The number that it will have.</param>
public sealed record PlanReply(int Decision);
