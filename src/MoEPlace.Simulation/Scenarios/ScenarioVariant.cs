using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>One variant of a scenario with its whole setting, checked.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What differs, in words.</param>
/// <param name="Model">Layers, experts and top-k are those of the routing; it has dimensions.</param>
/// <param name="Routing">Paths are absolute.</param>
/// <param name="Cluster">Ranks, devices, links.</param>
/// <param name="Placement">Paths are absolute.</param>
/// <param name="Work">What a step does.</param>
/// <param name="Schedule">In which order and on which streams.</param>
/// <param name="LostRanks">Rising; at least one rank is left.</param>
/// <param name="Seed">Of everything random.</param>
public sealed record ScenarioVariant(
    string Name,
    string Description,
    MoEModel Model,
    RoutingChoice Routing,
    Cluster Cluster,
    PlacementChoice Placement,
    WorkChoice Work,
    Schedule Schedule,
    ImmutableArray<int> LostRanks,
    long Seed)
{
    /// <summary>Ranks that are left.</summary>
    public int RanksLeft => Cluster.Ranks - LostRanks.Length;

    /// <summary>Nodes that have lost all their ranks, where no other rank is lost; null where a node has lost some.</summary>
    public int? LostNodes
    {
        get
        {
            var lost = LostRanks.GroupBy(rank => rank / Cluster.RanksPerNode).ToArray();
            return lost.All(node => node.Count() == Cluster.RanksPerNode) ? lost.Length : null;
        }
    }

    /// <summary>Tokens of a step over all ranks.</summary>
    public int TokensPerStep => (int)Work.Tokens(RanksLeft);

    /// <summary>What a placement is judged under while it is solved.</summary>
    public EvaluationOptions Conditions => new()
    {
        Residency = Schedule.Residency,
        TokensPerStep = TokensPerStep,
        Phase = Work.Phase,
        ContextTokens = Work.ContextTokens,
    };
}
