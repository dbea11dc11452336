namespace MoEPlace.Simulation.Kernel;

/// <summary>What all lanes of a run share and none changes.</summary>
internal sealed record Model(
    Actor[] Actors,
    Partition[] Partitions,
    Lookaheads Lookaheads,
    SimulationLimits Limits,
    CancellationToken Cancellation);
