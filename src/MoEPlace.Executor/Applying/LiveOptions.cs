namespace MoEPlace.Executor.Applying;

/// <summary>What makes a run take placements while it runs; the same on all ranks but for what belongs to rank 0.</summary>
public sealed record LiveOptions
{
    /// <summary>The number of the epoch that the run begins with. Default: 0.</summary>
    public int FirstEpoch { get; init; }

    /// <summary>
    /// Slots of each layer beyond those of the rank that has the most in the first placement, for experts that are on their way; the model is
    /// loaded with as many. 0 or more. Default: 1.
    /// </summary>
    public int SpareSlots { get; init; } = 1;

    /// <summary>Where placements are asked for, on rank 0; null on others.</summary>
    public ApplyDesk? Desk { get; init; }

    /// <summary>Puts an epoch on record before it is in force, on rank 0, whole or not at all; null for no record.</summary>
    public Action<Epoch>? Record { get; init; }

    /// <summary>Routed tokens that this rank could not pass on so far, on any thread; all ranks tell the desk. Null for none.</summary>
    public Func<long>? RoutingDropped { get; init; }

    /// <summary>A fault on purpose in this life of the job; null for none.</summary>
    public FaultDrill? Drill { get; init; }

    /// <summary>Told on the rank that the drill strikes when it is felt, on any thread; null for nobody.</summary>
    internal Action? Struck { get; init; }
}
