using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Simulation.Schedules;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>
/// The keys of a scenario file, <c>moeplace.scenario/1</c>. Model, routing, cluster, placement, work, schedule and lost ranks are the
/// setting that all variants share; a variant holds only the keys that differ. Paths are relative to the file.
/// </summary>
public sealed record ScenarioFile
{
    /// <summary>What a scenario file says that it is.</summary>
    public const string FormatName = "moeplace.scenario/1";

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    /// <summary>A name of small letters, digits and hyphens; that of the file without <c>.json</c> where it is shipped.</summary>
    public required string Name { get; init; }

    /// <summary>One line for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it answers.</summary>
    public required string Question { get; init; }

    /// <summary>Of everything random. Default: 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>
    /// The name of a built-in model, the path of a <c>config.json</c>, or an object with keys of a model that may name another as its
    /// <c>base</c>; what it leaves out is taken from there, else from the model of the trace. Default: the model of the trace.
    /// </summary>
    public JsonElement? Model { get; init; }

    /// <summary>Where the choices of experts come from.</summary>
    public required RoutingChoice Routing { get; init; }

    /// <summary>
    /// What <c>--cluster</c> takes, or an object with keys of a cluster that may name another as its <c>base</c> and takes from there
    /// what it leaves out.
    /// </summary>
    public required JsonElement Cluster { get; init; }

    /// <summary>Which experts stand where.</summary>
    public PlacementChoice Placement { get; init; } = new();

    /// <summary>What a step does.</summary>
    public WorkChoice Work { get; init; } = new();

    /// <summary>In which order and on which streams.</summary>
    public Schedule Schedule { get; init; } = new();

    /// <summary>Ranks that are gone. Default: none.</summary>
    public ImmutableArray<int> LostRanks { get; init; } = [];

    /// <summary>What is compared, the baseline first; 1 to 64.</summary>
    public required ImmutableArray<VariantChange> Variants { get; init; }

    /// <summary>What shall come out.</summary>
    public ImmutableArray<Expectation> Expect { get; init; } = [];

    /// <summary>Figures of papers, to stand beside ours.</summary>
    public ImmutableArray<PublishedClaim> Published { get; init; } = [];

    /// <summary>What is assumed, in words, one per line.</summary>
    public ImmutableArray<string> Assumptions { get; init; } = [];

    /// <summary>
    /// Values that <c>sweep</c> tries, by the path of their key: <c>work.tokensPerRank</c>, or in one variant
    /// <c>variants.NAME.schedule.pipelineDegree</c>. Default: none.
    /// </summary>
    public ImmutableSortedDictionary<string, ImmutableArray<JsonElement>>? Sweep { get; init; }
}
