using MoEPlace.Placement.Policies;
using Xunit;

namespace MoEPlace.Placement.Tests.Policies;

public sealed class EplbTests
{
    private static readonly long[] ReadmeWeights =
    [
        90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86,
        20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27,
    ];

    [Fact]
    public void Reproduces_both_rows_of_the_published_example()
    {
        var map = Eplb.Rebalance(ReadmeWeights, layers: 2, experts: 12, slots: 16, groups: 4, nodes: 2, ranks: 8);
        Assert.Equal([5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1], map[..16]);
        Assert.Equal([7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1], map[16..]);
    }

    [Fact]
    public void Gives_what_the_slow_oracle_gives()
    {
        var random = new SeedStream(1, "eplb oracle");
        for (var run = 0; run < 400; run++)
        {
            var nodes = 1 + random.Next(4);
            var ranks = nodes * (1 + random.Next(4));
            var groups = random.Next(2) == 0 ? nodes * (1 + random.Next(2)) : 1 + random.Next(4);
            var experts = groups * (1 + random.Next(6));
            if (groups % nodes == 0 && experts % nodes != 0)
                continue;
            var slots = ((experts + ranks - 1) / ranks + random.Next(4)) * ranks;
            var load = PlacementSamples.RandomLoad(random, 2, experts, random.Next(3) == 0 ? 3 : 1000);
            var expected = EplbOracle.Rebalance(load, 2, experts, slots, groups, nodes, ranks);
            var actual = Eplb.Rebalance(load, 2, experts, slots, groups, nodes, ranks);
            Assert.True(expected.SequenceEqual(actual),
                $"run {run}: {experts} experts, {slots} slots, {groups} groups, {nodes} nodes, {ranks} ranks");
        }
    }

    [Theory]
    [InlineData(256, 320, 8, 8, 64)]
    [InlineData(256, 320, 8, 40, 320)]
    [InlineData(256, 320, 1, 1, 40)]
    [InlineData(100, 170, 4, 2, 34)]
    public void Gives_what_the_slow_oracle_gives_at_full_size(int experts, int slots, int groups, int nodes, int ranks)
    {
        var random = new SeedStream(3, "eplb size");
        foreach (var most in new[] { 0, 5, 100_000 })
        {
            var load = PlacementSamples.RandomLoad(random, 2, experts, most);
            Assert.Equal(
                EplbOracle.Rebalance(load, 2, experts, slots, groups, nodes, ranks), Eplb.Rebalance(load, 2, experts, slots, groups, nodes, ranks));
        }
    }

    [Fact]
    public void Keeps_the_groups_of_a_hierarchical_map_on_one_node()
    {
        var random = new SeedStream(2, "eplb groups");
        var load = PlacementSamples.RandomLoad(random, 3, 64, 500);
        var map = Eplb.Rebalance(load, 3, 64, 96, groups: 8, nodes: 4, ranks: 16);
        for (var layer = 0; layer < 3; layer++)
        {
            var nodesOfGroup = Enumerable.Range(0, 96).Select(slot => (Group: map[layer * 96 + slot] / 8, Node: slot / 24)).Distinct();
            Assert.All(nodesOfGroup.GroupBy(p => p.Group), group => Assert.Single(group));
        }
    }

    [Theory]
    [InlineData(12, 16, 5, 1, 8)]
    [InlineData(12, 15, 4, 2, 8)]
    [InlineData(12, 8, 4, 2, 8)]
    [InlineData(12, 18, 4, 2, 9)]
    [InlineData(12, 16, 0, 2, 8)]
    public void Refuses_sizes_that_do_not_divide(int experts, int slots, int groups, int nodes, int ranks) =>
        Assert.ThrowsAny<ArgumentException>(() => Eplb.Rebalance(new long[experts], 1, experts, slots, groups, nodes, ranks));
}
