namespace MoEPlace.Simulation.Streams;

/// <summary>To every rank: the step begins.</summary>
internal sealed record StepStart
{
    internal static readonly StepStart Message = new();
}
