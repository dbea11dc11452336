using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Traces;

namespace MoEPlace.Simulation;

/// <summary>Everything that a simulated step follows from.</summary>
/// <param name="Cluster">Ranks, devices, links.</param>
/// <param name="Placement">Which experts stand where; it fits the routing and the cluster.</param>
/// <param name="Routing">Recorded tokens, with a model that has dimensions.</param>
/// <param name="Schedule">Order, streams, what carries the exchanges.</param>
public sealed record StepSetting(Cluster Cluster, ExpertPlacement Placement, TraceSlice Routing, Schedule Schedule)
{
    /// <summary>The model whose sizes count; null for the routing's own. Layers, experts and top-k are those of the routing.</summary>
    public MoEModel? Model { get; init; }

    /// <summary>What the step does. Default: decode.</summary>
    public ServingPhase Phase { get; init; } = ServingPhase.Decode;

    /// <summary>Tokens of one step over all ranks, 1 or more. Default: 512.</summary>
    public int TokensPerStep { get; init; } = 512;

    /// <summary>Tokens in a sequence's cache (decode) or of a prompt (prefill), 1 or more. Default: 1,024.</summary>
    public int ContextTokens { get; init; } = 1024;

    /// <summary>Steps that are simulated one after the other, each on other tokens of the routing, 1 or more. Default: 1.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>Ranks that are gone: they hold no experts and no tokens. Default: none.</summary>
    public ImmutableArray<int> LostRanks { get; init; } = [];

    /// <summary>Ranks whose streams and links are drawn, from rank 0; 0 for no timeline. Default: 0.</summary>
    public int DrawnRanks { get; init; }

    /// <summary>When to stop a model that does not end.</summary>
    public SimulationLimits Limits { get; init; } = new();
}
