using System.Collections.Immutable;
using Xunit;

namespace MoEPlace.Evaluation.Tests;

public sealed class LoadImbalanceTests
{
    private static readonly MoEModel Model = TestModels.Model(1, 3, 1);
    private static readonly Cluster TwoRanks = TestModels.Cluster(1, 2);

    [Fact]
    public void Replicas_share_the_load_of_their_expert()
    {
        var placement = TestModels.Placement(Model, TwoRanks, [[0, 1], [1, 2]]);
        var loads = new double[2];
        LoadImbalance.RankLoads(placement, new LayerId(0), [4, 3, 1], loads);
        Assert.Equal([5.5, 2.5], loads);
        Assert.Equal(5.5 / 4, LoadImbalance.Ratio(loads));
    }

    [Fact]
    public void Mean_percentile_and_maximum_go_over_layers_and_windows()
    {
        var placement = TestModels.Placement(Model, TwoRanks, [[0, 1], [2]]);
        // Ratios 1, 2, 1.5; the second window is idle and is left out.
        var summary = LoadImbalance.Of(placement, [2, 2, 4, 0, 0, 0, 0, 0, 9, 1, 2, 1]);
        Assert.Equal(new ImbalanceSummary(1.5, 2, 2), summary);
        Assert.Equal(new ImbalanceSummary(1, 1, 1), LoadImbalance.Of(placement, [0, 0, 0]));
    }

    [Fact]
    public void The_95th_percentile_is_that_of_the_nearest_rank()
    {
        Assert.Equal(19, LoadImbalance.Summarize([.. Enumerable.Range(1, 20).Select(i => (double)i)]).P95);
        Assert.Equal(20, LoadImbalance.Summarize([.. Enumerable.Range(1, 21).Select(i => (double)i)]).P95);
        Assert.Equal(1, LoadImbalance.Summarize([1]).P95);
    }

    [Fact]
    public void Counts_that_are_not_whole_windows_are_refused() => Assert.Throws<ArgumentException>(
        () => LoadImbalance.Of(TestModels.Placement(Model, TwoRanks, [[0, 1], [2]]), new long[4]));

    [Fact]
    public void Even_dispatch_of_tokens_gives_the_same_loads_to_a_token_per_replica()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            using var given = new RandomCase(seed);
            var options = given.Options with { Dispatch = ReplicaChoice.Even };
            var loads = PlacementCost.Evaluate(given.Slice(), given.Placement, given.Cluster, options).Detail.LoadByLayerAndRank;
            var counts = Traces.RoutingCounts.Of(given.Slice());
            var expected = new double[given.Cluster.Ranks];
            for (var layer = new LayerId(0); layer.Value < loads.Length; layer = new LayerId(layer.Value + 1))
            {
                LoadImbalance.RankLoads(given.Placement, layer, counts.Load(layer.Value), expected);
                for (var rank = 0; rank < expected.Length; rank++)
                {
                    var slack = given.Placement.ExpertsOn(layer, new RankId(rank)).Length;
                    Assert.InRange(loads[layer.Value][rank], expected[rank] - slack, expected[rank] + slack);
                    Assert.True(given.Placement.HasReplicas || loads[layer.Value][rank] == expected[rank], $"seed {seed}");
                }
            }
        }
    }

    [Fact]
    public void Balanced_dispatch_loads_the_busiest_rank_least()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            using var given = new RandomCase(seed, tokens: 400);
            var options = given.Options with { WindowTokens = null };
            var loads = Loads(given, options with { Dispatch = ReplicaChoice.Balanced });
            foreach (var other in new[] { ReplicaChoice.Nearest, ReplicaChoice.Even })
            {
                var others = Loads(given, options with { Dispatch = other });
                for (var layer = 0; layer < loads.Length; layer++)
                {
                    Assert.Equal(others[layer].Sum(), loads[layer].Sum());
                    // Turns keep to shares within one token, and a 512th, for each replica on the rank.
                    var slack = given.Placement.Experts * (1 + loads[layer].Sum() / 512.0);
                    Assert.True(loads[layer].Max() <= others[layer].Max() + slack, $"seed {seed}, layer {layer}, {other}");
                }
            }
        }

        static ImmutableArray<ImmutableArray<long>> Loads(
            RandomCase given, EvaluationOptions options) =>
            PlacementCost.Evaluate(given.Slice(), given.Placement, given.Cluster, options).Detail.LoadByLayerAndRank;
    }
}
