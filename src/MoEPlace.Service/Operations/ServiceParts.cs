using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;

namespace MoEPlace.Service.Operations;

/// <summary>What a placement service is put together from.</summary>
public sealed record ServiceParts
{
    /// <summary>How it is run.</summary>
    public required ServiceOptions Options { get; init; }

    /// <summary>What makes decisions.</summary>
    public required DecisionWorker Worker { get; init; }

    /// <summary>A folder for what is made in passing; it is made, and emptied of what an earlier life left. Names in it are the service's own.</summary>
    public required string Scratch { get; init; }

    /// <summary>The name of this instance, for the lease. Default: its own.</summary>
    public string Holder { get; init; } = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Faults on purpose; null for none.</summary>
    public ServiceDrill? Drill { get; init; }
}
