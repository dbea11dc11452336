using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Simulation.Schedules;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>
/// What a variant changes of the scenario's setting: in every object only the keys that differ; null takes a key back to its default,
/// and a list is replaced whole.
/// </summary>
public sealed record VariantChange
{
    /// <summary>Each name once, without a point.</summary>
    public required string Name { get; init; }

    /// <summary>What differs, in words.</summary>
    public required string Description { get; init; }

    /// <summary>As in <see cref="ScenarioFile.Model"/>.</summary>
    public JsonElement? Model { get; init; }

    /// <summary>Keys of the routing.</summary>
    public RoutingChoice? Routing { get; init; }

    /// <summary>As in <see cref="ScenarioFile.Cluster"/>.</summary>
    public JsonElement? Cluster { get; init; }

    /// <summary>Keys of the placement.</summary>
    public PlacementChoice? Placement { get; init; }

    /// <summary>Keys of the work.</summary>
    public WorkChoice? Work { get; init; }

    /// <summary>Keys of the schedule.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>Ranks that are gone.</summary>
    public ImmutableArray<int>? LostRanks { get; init; }
}
