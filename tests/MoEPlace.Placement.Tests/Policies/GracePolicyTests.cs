using MoEPlace.Placement.Policies;
using Xunit;

namespace MoEPlace.Placement.Tests.Policies;

public sealed class GracePolicyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 12, 3)]
    [InlineData(2, 32, 8)]
    [InlineData(3, 64, 8)]
    [InlineData(4, 64, 16)]
    public void Recovers_planted_blocks(long seed, int items, int blocks)
    {
        var random = new SeedStream(seed, "planted blocks");
        var blockOf = Enumerable.Range(0, items).Select(i => i % blocks).ToArray();
        random.Shuffle<int>(blockOf);
        var affinity = new long[items * items];
        for (var a = 0; a < items; a++)
            for (var b = 0; b < a; b++)
                affinity[a * items + b] = affinity[b * items + a] = blockOf[a] == blockOf[b] ? 60 + random.Next(40) : random.Next(12);
        var groupOf = SpectralGrouping.Group(affinity, items, blocks);
        for (var a = 0; a < items; a++)
            for (var b = 0; b < a; b++)
                Assert.True(blockOf[a] == blockOf[b] == (groupOf[a] == groupOf[b]), $"items {a} and {b}");
    }

    [Fact]
    public void Groups_have_equal_size_and_no_swap_keeps_more_inside()
    {
        var random = new SeedStream(5, "random affinity");
        for (var run = 0; run < 100; run++)
        {
            var groups = 1 + random.Next(5);
            var items = groups * (1 + random.Next(5));
            var affinity = new long[items * items];
            for (var a = 0; a < items; a++)
                for (var b = 0; b < a; b++)
                    affinity[a * items + b] = affinity[b * items + a] = random.Next(3) == 0 ? 0 : random.Next(50);
            var groupOf = SpectralGrouping.Group(affinity, items, groups);
            Assert.All(groupOf.CountBy(g => g), g => Assert.Equal(items / groups, g.Value));
            Assert.Equal(Enumerable.Range(0, groups), groupOf.Distinct());
            var inside = SpectralGrouping.Inside(affinity, groupOf);
            for (var a = 0; a < items; a++)
            {
                for (var b = 0; b < a; b++)
                {
                    var swapped = groupOf.ToArray();
                    (swapped[a], swapped[b]) = (swapped[b], swapped[a]);
                    Assert.True(SpectralGrouping.Inside(affinity, swapped) <= inside, $"run {run}: {a} and {b}");
                }
            }
            Assert.Equal(groupOf, SpectralGrouping.Group(affinity, items, groups));
        }
    }

    [Fact]
    public void Finds_the_best_division_of_most_small_cases()
    {
        // A heuristic: it need not be best always, but it is far from chance.
        var random = new SeedStream(6, "small affinity");
        var best = 0;
        for (var run = 0; run < 50; run++)
        {
            var affinity = new long[36];
            for (var a = 0; a < 6; a++)
                for (var b = 0; b < a; b++)
                    affinity[a * 6 + b] = affinity[b * 6 + a] = random.Next(100);
            var found = SpectralGrouping.Inside(affinity, SpectralGrouping.Group(affinity, 6, 2));
            var most = Enumerable.Range(0, 64).Where(mask => int.PopCount(mask) == 3)
                .Max(mask => SpectralGrouping.Inside(affinity, [.. Enumerable.Range(0, 6).Select(i => mask >> i & 1)]));
            Assert.InRange(found, 0, most);
            best += found == most ? 1 : 0;
        }
        Assert.InRange(best, 40, 50);
    }

    [Fact]
    public void Items_without_affinity_are_grouped_too()
    {
        Assert.Equal([0, 0, 1, 1], SpectralGrouping.Group(new long[16], 4, 2).Order());
        var one = new long[36];
        one[1 * 6 + 4] = one[4 * 6 + 1] = 7;
        var groupOf = SpectralGrouping.Group(one, 6, 3);
        Assert.Equal(groupOf[1], groupOf[4]);
    }

    [Fact]
    public void Places_blocks_on_ranks_and_pairs_of_blocks_on_nodes()
    {
        var random = new SeedStream(7, "planted tokens");
        // Experts e and e + 4 are one block of 4; blocks with the same parity go together less often.
        var choices = new int[3000][][];
        for (var t = 0; t < choices.Length; t++)
        {
            var first = random.Next(16);
            var second = random.Next(10) switch
            {
                < 6 => first % 4 + 4 * random.Next(4),
                < 9 => first % 2 + 2 * random.Next(8),
                _ => random.Next(16),
            };
            choices[t] = [[first, second == first ? (first + 4) % 16 : second]];
        }
        var problem = PairTrace.Problem(16, choices, PlacementSamples.Cluster(2, 2));
        var placement = GracePolicy.Place(problem, Cancellation).Placement;
        for (var rank = 0; rank < 4; rank++)
        {
            var own = placement.ExpertsOn(new LayerId(0), new RankId(rank)).ToArray();
            Assert.Single(own.Select(e => e % 4).Distinct());
            Assert.Equal(placement.ExpertsOn(new LayerId(0), new RankId(rank ^ 1))[0] % 2, own[0] % 2);
        }
    }

    [Fact]
    public void Random_shapes_give_valid_placements_and_always_the_same()
    {
        var random = new SeedStream(8, "grace policy");
        for (var run = 0; run < 30; run++)
        {
            var (nodes, ranksPerNode) = (1 + random.Next(3), 1 + random.Next(4));
            var experts = nodes * ranksPerNode * (1 + random.Next(4));
            if (experts < 4)
                continue;
            var choices = PairTrace.Choices(random, experts, 2, 2, 80, 1, 0);
            var problem = PairTrace.Problem(experts, choices, PlacementSamples.Cluster(nodes, ranksPerNode));
            var solution = GracePolicy.Place(problem, Cancellation);
            Assert.All(solution.Placement.ToSlots(), layer => Assert.All(layer, rank => Assert.Equal(problem.SlotsPerRank, rank.Length)));
            Assert.Equal(DirectPolicyTests.Imbalance(problem, solution.Placement), solution.Summary.Objective, 1e-9);
            Assert.Equal(solution.Placement, GracePolicy.Place(problem, Cancellation).Placement);
        }
    }

    [Fact]
    public void Refuses_redundant_slots_and_tokens_that_choose_one_expert()
    {
        var single = PlacementSamples.Problem(PlacementSamples.Model(1, 8), PlacementSamples.Cluster(1, 4), new long[8]);
        Assert.Equal("trace top_k", Assert.Single(Assert.Throws<InputException>(() => GracePolicy.Place(single, Cancellation)).Faults).Field);
        var redundant = PairTrace.Problem(4, [[[0, 1]]], PlacementSamples.Cluster(1, 2), redundantSlots: 2);
        Assert.Equal("--redundant", Assert.Single(Assert.Throws<InputException>(() => GracePolicy.Place(redundant, Cancellation)).Faults).Field);
    }
}
