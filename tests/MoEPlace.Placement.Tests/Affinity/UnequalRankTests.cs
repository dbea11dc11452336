using System.Collections.Immutable;
using MoEPlace.Placement.Affinity;
using Xunit;

namespace MoEPlace.Placement.Tests.Affinity;

public sealed class UnequalRankTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Two_parts_of_unequal_size_are_divided_optimally_over_all_layers_at_once()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new SeedStream(seed, "unequal-pair");
            var first = 1 + random.Next(5);
            var problem = RandomChain.Draw(random, 1 + random.Next(4), 6, 2, seed % 3 == 0 ? 2 : 1, seed % 2 == 0, capacityOf: [first, 6 - first]);
            var state = new ChainState(problem, RandomChain.Division(random, problem));
            new RankPairSweep(problem).Sweep(state, random, () => false);
            Assert.True(RandomChain.BestKept(problem) == state.Kept, $"seed {seed}: {state.Kept} of {RandomChain.BestKept(problem)}");
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 3)]
    public void Ranks_hold_what_they_have_slots_for_and_drained_ones_nothing(int nodes, int drained)
    {
        for (var seed = 1; seed <= 3; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 6, 3, 300);
            int[] slots = [2, 2, 2, 2];
            slots[drained] = 0;
            slots[(drained + 1) % 4] = 1;
            slots[(drained + 2) % 4] = 3;
            var problem = Problem(trace, nodes, 4 / nodes) with { SlotsOf = [.. slots] };
            var solution = AffinityPolicy.Place(problem, null, Cancellation);
            for (var layer = 0; layer < 3; layer++)
                for (var rank = 0; rank < 4; rank++)
                    Assert.Equal(slots[rank], solution.Placement.ExpertsOn(new LayerId(layer), new RankId(rank)).Length);
            var chain = ChainOf.Crossing(problem, LoadLimit.Of(problem).Most);
            var least = (chain.TotalWeight - RandomChain.BestKept(chain)) / (double)ChainOf.Unit;
            Assert.True(solution.Summary.Objective <= least + 1e-9, $"seed {seed}: {solution.Summary.Objective}, {least} is possible");
        }
    }

    [Fact]
    public void A_rank_twice_as_fast_may_carry_twice_the_load()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 6, 3, 500);
            var problem = Problem(trace, 1, 3) with { SlotsOf = [1, 2, 3], SpeedOf = [0.5, 1, 2], MaxImbalance = 1.2 };
            var limit = LoadLimit.Of(problem);
            var solution = AffinityPolicy.Place(problem, null, Cancellation);
            for (var layer = 0; layer < 3; layer++)
            {
                var load = problem.Counts.Load(layer).ToArray();
                for (var rank = 0; rank < 3; rank++)
                {
                    var carried = solution.Placement.ExpertsOn(new LayerId(layer), new RankId(rank)).ToArray().Sum(e => load[e]);
                    Assert.True(carried <= limit.Most[layer][rank], $"seed {seed}, layer {layer}, rank {rank}");
                    if (!limit.RelaxedLayers.Contains(layer))
                        Assert.True(carried <= 1.2 * load.Sum() * problem.SpeedOf[rank] / 3.5);
                }
                // What is relaxed could not be held: by no division.
                if (limit.RelaxedLayers.Contains(layer))
                    Assert.DoesNotContain(
                        RandomChain.LayerDivisions([1, 2, 3]),
                        d => Enumerable.Range(0, 3).All(r => Enumerable.Range(0, 6).Where(e => d[e] == r).Sum(e => load[e]) <= 1.2 * load.Sum() * problem.SpeedOf[r] / 3.5));
            }
        }
    }

    private static PlacementProblem Problem(TopOneTrace trace, int nodes, int ranksPerNode)
    {
        var cluster = TopOneTrace.Cluster(nodes, ranksPerNode);
        var experts = PlacementProblem.Create(
            trace.Model, TopOneTrace.Cluster(1, 1), trace.Counts, objective: PlacementObjective.Crossing, timeLimit: TimeSpan.FromMinutes(5), iterationLimit: 6);
        return experts with { Cluster = cluster, SpeedOf = [.. Enumerable.Repeat(1.0, cluster.Ranks)], SlotsOf = ImmutableArray<int>.Empty };
    }
}
