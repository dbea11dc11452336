namespace MoEPlace.Simulation.Kernel;

/// <summary>When a model is stopped that does not end by itself.</summary>
public sealed record SimulationLimits
{
    /// <summary>The most events of a run, 1 or more. Default: 10^10.</summary>
    public long Events { get; init; } = 10_000_000_000;

    /// <summary>The most events that may pass without time advancing, 1 or more. Default: a million.</summary>
    public long EventsAtOneInstant { get; init; } = 1_000_000;
}
