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
        // Where whole nodes are gone the others are a cluster of their own; only affinity knows of single ranks that are, or that are
        // unequal.
        var affine = choice.Policy == "affinity";
        var cluster = variant.Cluster with
        {
            Nodes = variant.Cluster.Nodes - (variant.LostNodes ?? 0),
            UnequalRanks = affine && variant.LostNodes is (null or 0) ? variant.Cluster.UnequalRanks : null,
        };
        var problem = PlacementProblem.Create(
            variant.Model, cluster, RoutingCounts.Of(slice), slice, affine ? objective : PlacementObjective.Crossing, variant.Conditions,
            choice.Redundant,
            choice.MaxImbalance, variant.Seed, TimeSpan.MaxValue / 2, choice.IterationLimit,
            drainedRanks: variant.LostNodes is null ? variant.LostRanks : [])
            with
        { WantsBound = false };
        var placement = PolicyChoice.Place(choice.Policy, problem, "highs", null, cancellation).Placement;
        return variant.LostNodes is 0 or null ? placement : Spread(placement, variant);
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
            placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, variant.Cluster.Nodes,
            variant.Cluster.RanksPerNode,
            [.. slots], placement.Provenance);
    }
}
