using Xunit;

namespace MoEPlace.Evaluation.Tests;

public sealed class DispatchRuleTests
{
    // Three nodes of two ranks; the expert is on ranks 1, 2 and 3.
    [Theory]
    [InlineData(1, 5, 1)]
    [InlineData(2, 5, 2)]
    [InlineData(3, 0, 3)]
    [InlineData(0, 4, 1)]
    [InlineData(4, 0, 1)]
    [InlineData(4, 1, 2)]
    [InlineData(5, 2, 3)]
    [InlineData(5, 3, 1)]
    public void Takes_its_own_rank_then_its_node_then_any_in_turn(int source, long token, int expected) =>
        Assert.Equal(new RankId(expected), Rule([1, 2, 3], 3, 2).Choose(new LayerId(0), new ExpertId(0), new RankId(source), token));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    public void Several_replicas_on_the_node_take_turns(long token, int expected) =>
        Assert.Equal(new RankId(expected), Rule([0, 2, 4], 2, 4).Choose(new LayerId(0), new ExpertId(0), new RankId(3), token));

    [Fact]
    public void Candidates_are_a_range_of_the_ranks_that_hold_the_expert()
    {
        Assert.Equal((1, 2), DispatchRule.Candidates([1, 4, 6, 9], new RankId(5), 4));
        Assert.Equal((2, 1), DispatchRule.Candidates([1, 4, 6, 9], new RankId(6), 4));
        Assert.Equal((0, 4), DispatchRule.Candidates([1, 4, 6, 9], new RankId(12), 4));
    }

    private static DispatchRule Rule(int[] holders, int nodes, int ranksPerNode)
    {
        var model = TestModels.Model(1, 1, 1);
        var cluster = TestModels.Cluster(nodes, ranksPerNode);
        int[][] slots = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => holders.Contains(rank) ? new[] { 0 } : [])];
        return new DispatchRule(TestModels.Placement(model, cluster, slots));
    }
}
