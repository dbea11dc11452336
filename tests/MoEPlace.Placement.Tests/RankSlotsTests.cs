using MoEPlace.Evaluation;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class RankSlotsTests
{
    private static readonly MoEModel Model = PlacementSamples.Model(2, 8);

    [Fact]
    public void Equal_ranks_have_equally_many_slots() =>
        Assert.Equal([3, 3, 3, 3], Deal(PlacementSamples.Cluster(1, 4), redundantSlots: 4));

    [Fact]
    public void Drained_ranks_have_none_and_the_first_of_the_others_take_what_does_not_divide() =>
        Assert.Equal([3, 0, 3, 2], Deal(PlacementSamples.Cluster(1, 4), drained: 1));

    [Fact]
    public void More_slots_than_ranks_can_hold_conflict()
    {
        var conflicts = new List<string>();
        RankSlots.Deal(Model, PlacementSamples.Cluster(1, 2), new EvaluationOptions(), 8, [0], conflicts);
        Assert.Contains("--redundant 8", Assert.Single(conflicts), StringComparison.Ordinal);
        Assert.Contains("--drain 0", conflicts[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_decides_how_many_slots_a_rank_has()
    {
        var model = Model with { Dimensions = TestDimensions() };
        var cluster = PlacementSamples.Cluster(1, 4);
        var options = new EvaluationOptions { TokensPerStep = 4, ContextTokens = 1 };
        var fixedBytes = Capacity(model, cluster, options);
        // Rank 2 has room for one expert in each of the two layers; the others share the rest.
        var room = fixedBytes + model.Dimensions.ExpertBytes * model.Layers;
        cluster = cluster with { UnequalRanks = [new UnequalRank(2, MemoryBytes: room)] };
        var conflicts = new List<string>();
        Assert.Equal([3, 2, 1, 2], RankSlots.Deal(model, cluster, options, 0, [], conflicts));
        Assert.Empty(conflicts);

        var tight = cluster with { UnequalRanks = [.. Enumerable.Range(0, 4).Select(r => new UnequalRank(r, MemoryBytes: room))] };
        RankSlots.Deal(model, tight, options, 0, [], conflicts);
        Assert.Contains("room for 4 per layer", Assert.Single(conflicts), StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_that_cannot_empty_a_drained_rank_conflicts_and_one_byte_more_does_not()
    {
        var model = Model with { Dimensions = TestDimensions() };
        var cluster = PlacementSamples.Cluster(1, 4);
        var random = new SeedStream(1, "budget");
        var current = PlacementSamples.Random(random, model, 1, 4);
        long[] load = PlacementSamples.RandomLoad(random, 2, 8, 100);
        var counts = PlacementSamples.Problem(model, cluster, load).Counts;
        // Two experts on rank 3 in each of two layers.
        var least = 4 * model.Dimensions.ExpertBytes;
        var refused = Assert.Throws<InfeasibleException>(() => Problem(least - 1));
        Assert.Contains($"--migration-budget {least - 1}", Assert.Single(refused.Conflicts), StringComparison.Ordinal);
        Assert.Equal([3, 3, 2, 0], Problem(least).SlotsOf);

        PlacementProblem Problem(long budget) => PlacementProblem.Create(
            model, cluster, counts, drainedRanks: [3], current: current, migrationBudgetBytes: budget);
    }

    private static int[] Deal(Cluster cluster, int redundantSlots = 0, params int[] drained)
    {
        var conflicts = new List<string>();
        var slots = RankSlots.Deal(Model, cluster, new EvaluationOptions(), redundantSlots, [.. drained], conflicts);
        Assert.Empty(conflicts);
        return [.. slots];
    }

    private static long Capacity(MoEModel model, Cluster cluster, EvaluationOptions options)
    {
        var (low, high) = (1L, 1L << 40);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            var step = new StepModel(model, cluster with { UnequalRanks = [new UnequalRank(0, MemoryBytes: middle)] }, options);
            (low, high) = step.SlotsThatFit(new RankId(0)) >= 1 ? (low, middle) : (middle, high);
        }
        return high - model.Dimensions!.ExpertBytes * model.Layers;
    }

    private static ModelDimensions TestDimensions() => Traces.Models.ModelConfig.Read("mixtral-8x7b").Dimensions!;
}
