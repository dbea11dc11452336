using System.Collections.Immutable;
using MoEPlace.Placement;
using MoEPlace.Simulation.Scenarios;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>Places the experts of a scenario by the policies of <c>place</c>, under limits that are no seconds.</summary>
internal static class ScenarioPlacement
{
    /// <summary>Places them; nothing stands on ranks that are lost.</summary>
    /// <exception cref="InputException">The policy cannot place this.</exception>
    /// <exception cref="InfeasibleException">The ranks cannot hold the experts.</exception>
    public static ExpertPlacement Solve(ScenarioVariant variant, TraceSlice solvedOn, CancellationToken cancellation)
    {
        var choice = variant.Placement;
        var objective = Enum.Parse<PlacementObjective>(choice.Objective, ignoreCase: true);
        var slice = choice.Policy == "affinity" && DecodeTokens.Alone(objective, variant.Conditions) ? DecodeTokens.Of(solvedOn) : solvedOn;
        // Only affinity knows of ranks that are gone or unequal: for the others the nodes that are left are a cluster of their own.
        var whole = choice.Policy == "affinity";
        var lostNodes = variant.LostRanks.Length / variant.Cluster.RanksPerNode;
        var cluster = whole ? variant.Cluster : variant.Cluster with { Nodes = variant.Cluster.Nodes - lostNodes, UnequalRanks = null };
        var problem = PlacementProblem.Create(
            variant.Model, cluster, RoutingCounts.Of(slice), slice, whole ? objective : PlacementObjective.Crossing, variant.Conditions, choice.Redundant,
            choice.MaxImbalance, variant.Seed, TimeSpan.MaxValue / 2, choice.IterationLimit, drainedRanks: whole ? variant.LostRanks : [])
            with
        { WantsBound = false };
        var placement = PolicyChoice.Place(choice.Policy, problem, "highs", null, cancellation).Placement;
        return placement.Ranks == variant.Cluster.Ranks ? placement : Spread(placement, variant);
    }

    /// <summary>The same on the ranks that are left, in order.</summary>
    private static ExpertPlacement Spread(ExpertPlacement placement, ScenarioVariant variant)
    {
        var slots = placement.ToSlots().Select(layer =>
        {
            var next = 0;
            return (ImmutableArray<ImmutableArray<int>>)
                [.. Enumerable.Range(0, variant.Cluster.Ranks).Select(rank => variant.LostRanks.Contains(rank) ? [] : layer[next++])];
        });
        return new ExpertPlacement(
            placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, variant.Cluster.Nodes, variant.Cluster.RanksPerNode,
            [.. slots], placement.Provenance);
    }
}
