namespace MoEPlace.Simulation.Kernel;

/// <summary>What ended a run, and where in the total order.</summary>
/// <param name="Place">The event, or a later one of its instant that was received before it (by then the other was not yet told).</param>
/// <param name="Partition">Where; null where it concerns all.</param>
/// <param name="Error">What is thrown.</param>
internal sealed record Fault(EventKey Place, Partition? Partition, Exception Error);
