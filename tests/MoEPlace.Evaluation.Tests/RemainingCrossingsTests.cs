using MoEPlace.Results;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Evaluation.Tests;

public sealed class RemainingCrossingsTests
{
    private const int Cases = 150;

    [Fact]
    public void Without_replicas_the_pairs_are_all_that_the_judge_counts_as_crossing()
    {
        var told = 0;
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var judged = given.Evaluate();
            if (judged.Detail.Remaining is not { } remaining)
            {
                Assert.False(given.Test.Trace.HasTopOne, $"seed {seed}");
                continue;
            }
            var pairs = RemainingCrossings.HeaviestPairs(RoutingCounts.Of(given.Slice()), given.Placement, int.MaxValue);
            var measures = judged.Measures;
            for (var layer = 0; layer + 1 < given.Test.Model.Layers; layer++)
            {
                var sum = pairs.Where(p => p.FromLayer == layer).Sum(p => p.Tokens);
                Assert.True(
                    given.Placement.HasReplicas
                        ? sum <= remaining.GpuCrossingsByLayer[layer]
                        : sum == remaining.GpuCrossingsByLayer[layer], $"seed {seed}, layer {layer}");
            }
            var all = (double)remaining.TransitionsByLayer.Sum();
            if (all > 0)
            {
                Assert.Equal(measures.GpuCrossingFraction!.Value, remaining.GpuCrossingsByLayer.Sum() / all, 12);
                Assert.Equal(measures.NodeCrossingFraction!.Value, remaining.NodeCrossingsByLayer.Sum() / all, 12);
            }
            told += given.Placement.HasReplicas ? 0 : 1;
        }
        Assert.True(told > Cases / 5, $"only {told} cases without replicas");
    }

    [Fact]
    public void The_heaviest_pairs_are_those_of_a_full_sort()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var counts = RoutingCounts.Of(given.Slice());
            var all = given.Test.Trace.HasTopOne ? Slow(counts, given.Placement) : [];
            foreach (var most in new[] { 0, 1, 3, 24 })
                Assert.Equal(all.Take(most), RemainingCrossings.HeaviestPairs(counts, given.Placement, most));
        }
    }

    [Fact]
    public void Redundant_slots_are_the_mean_over_layers()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var slots = given.Placement.ToSlots();
            var expected = slots.Average(layer => layer.Sum(rank => rank.Length) - given.Test.Model.Experts);
            Assert.Equal(expected, given.Evaluate().Detail.RedundantSlotsPerLayer!.Value, 12);
        }
    }

    private static CrossingPair[] Slow(RoutingCounts counts, ExpertPlacement placement) =>
    [
        .. from layer in Enumerable.Range(0, counts.Layers - 1)
           from a in Enumerable.Range(0, counts.Experts)
           from b in Enumerable.Range(0, counts.Experts)
           let tokens = counts.Transitions(layer)[a * counts.Experts + b]
           let ranks = placement.RanksOf(new LayerId(layer), new ExpertId(a)).ToArray()
           let others = placement.RanksOf(new LayerId(layer + 1), new ExpertId(b)).ToArray()
           where tokens > 0 && !ranks.Intersect(others).Any()
           orderby tokens descending, layer, a, b
           select new CrossingPair(layer, a, b, tokens, ranks.Min(), others.Min()),
    ];
}
