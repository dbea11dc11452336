using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>What one variant of a scenario comes to.</summary>
/// <param name="Name">Its name in the scenario.</param>
/// <param name="Description">What differs, in words.</param>
/// <param name="Cluster">The name of the cluster.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="RanksPerNode">Ranks on each node.</param>
/// <param name="Placement">The policy of the placement, or its file.</param>
/// <param name="Schedule">The schedule in a few words.</param>
/// <param name="Steps">Simulated steps.</param>
/// <param name="TokensPerStep">Tokens of one step over all ranks.</param>
/// <param name="Measures">By name: see <see cref="SimulationMeasure"/>.</param>
/// <param name="Phases">In the order of a layer.</param>
/// <param name="Resources">Streams first, then links.</param>
/// <param name="LinkShares">[link kinds][bins] busy share of the links of each kind over the first step, for the picture of utilisation.</param>
/// <param name="Timeline">The first step of a few ranks; null where none was drawn.</param>
/// <param name="Events">Events that the kernel ran.</param>
public sealed record SimulatedVariant(
    string Name,
    string Description,
    string Cluster,
    int Nodes,
    int RanksPerNode,
    string Placement,
    string Schedule,
    int Steps,
    int TokensPerStep,
    ImmutableSortedDictionary<string, double> Measures,
    ImmutableArray<PhaseTime> Phases,
    ImmutableArray<ResourceUse> Resources,
    ImmutableArray<LinkLoad> LinkShares,
    Timeline? Timeline,
    long Events);
