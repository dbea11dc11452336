using MoEPlace.Placement.Policies;
using Xunit;

namespace MoEPlace.Placement.Tests.Policies;

public sealed class EplbPolicyTests
{
    [Fact]
    public void Random_shapes_give_valid_placements_with_every_redundant_slot_used()
    {
        var random = new SeedStream(4, "eplb policy");
        var repaired = 0;
        for (var run = 0; run < 150; run++)
        {
            var (nodes, ranksPerNode) = (1 + random.Next(3), 1 + random.Next(4));
            var ranks = nodes * ranksPerNode;
            var groups = nodes * (1 + random.Next(2));
            var experts = groups * (1 + random.Next(6));
            var most = experts * (ranks - 1);
            var redundant = (ranks - experts % ranks) % ranks;
            redundant = Math.Min(most, redundant + ranks * random.Next(6));
            if ((experts + redundant) % ranks != 0 || redundant > most)
                continue;
            var model = PlacementSamples.Model(2, experts);
            var load = PlacementSamples.RandomLoad(random, 2, experts, random.Next(3) == 0 ? 1 : 60);
            var problem = PlacementSamples.Problem(model, PlacementSamples.Cluster(nodes, ranksPerNode), load, redundant);
            var expertGroups = random.Next(2) == 0 ? 1 : groups;
            var solution = EplbPolicy.Place(problem, expertGroups);
            var (placement, slots) = (solution.Placement, experts + redundant);
            var pure = Eplb.Rebalance(load, 2, experts, slots, expertGroups, nodes, ranks);
            for (var layer = 0; layer < 2; layer++)
                repaired += CheckLayer(placement, layer, pure.AsSpan(layer * slots, slots), ranks);
            Assert.Equal(DirectPolicyTests.Imbalance(problem, placement), solution.Summary.Objective, 1e-9);
        }
        Assert.InRange(repaired, 20, int.MaxValue);
    }

    /// <summary>Untouched where the balancer's map is valid; else the same replicas, unless there are more than ranks. Returns the pairs parted.</summary>
    private static int CheckLayer(ExpertPlacement placement, int layer, ReadOnlySpan<int> pure, int ranks)
    {
        var map = placement.ToSlots()[layer].SelectMany(rank => rank).ToArray();
        var before = pure.ToArray();
        var pairs = before.Chunk(before.Length / ranks).Sum(rank => rank.Length - rank.Distinct().Count());
        var surplus = before.GroupBy(e => e).Sum(g => Math.Max(0, g.Count() - ranks));
        Assert.Equal(before.Length, map.Length);
        if (surplus == 0)
            Assert.Equal(before.Order(), map.Order());
        // An exchange touches two slots and parts at least one pair; a surplus replica may make one pair more where it goes.
        Assert.InRange(before.Zip(map).Count(p => p.First != p.Second), 0, 2 * pairs + 3 * surplus);
        return pairs;
    }

    [Fact]
    public void Parts_two_replicas_of_one_expert_by_the_exchange_that_leaves_the_least_load()
    {
        // Ranks (0 0) (1 2) (3 4) of load 6 each; a replica of load 3 goes. For 5, 1, 2 or 4 the busier rank gets 8, 8, 7 or 7; the first 7 wins.
        int[] map = [0, 0, 1, 2, 3, 4];
        Assert.Equal(1, EplbRepair.RepairLayer(map, [6, 5, 1, 2, 4], ranks: 3, ranksPerNode: 3));
        Assert.Equal([0, 3, 1, 2, 0, 4], map);
    }

    [Fact]
    public void Prefers_a_rank_of_the_same_node()
    {
        // The even exchange would be with expert 2 on rank 2, which is on the other node.
        int[] map = [0, 0, 1, 3, 2, 4, 5, 6];
        EplbRepair.RepairLayer(map, [6, 9, 3, 9, 1, 1, 1], ranks: 4, ranksPerNode: 2);
        Assert.Equal([2, 4, 5, 6], map[4..]);
        Assert.Contains(0, map[2..4]);
    }

    [Fact]
    public void Gives_replicas_that_no_rank_can_take_to_the_next_expert()
    {
        var problem = PlacementSamples.Problem(PlacementSamples.Model(1, 4), PlacementSamples.Cluster(1, 2), [100, 1, 1, 1], redundantSlots: 2);
        var placement = EplbPolicy.Place(problem).Placement;
        Assert.Equal(2, placement.RanksOf(new LayerId(0), new ExpertId(0)).Length);
        Assert.Equal(6, placement.SlotCount(new LayerId(0)));
        var everywhere = PlacementSamples.Problem(PlacementSamples.Model(1, 4), PlacementSamples.Cluster(1, 2), [100, 1, 1, 0], redundantSlots: 4);
        Assert.Equal(8, EplbPolicy.Place(everywhere).Placement.SlotCount(new LayerId(0)));
    }

    [Fact]
    public void Refuses_groups_that_do_not_divide_the_experts()
    {
        var problem = PlacementSamples.Problem(PlacementSamples.Model(1, 8), PlacementSamples.Cluster(1, 2), new long[8]);
        Assert.Throws<InputException>(() => EplbPolicy.Place(problem, 3));
        Assert.Throws<InputException>(() => EplbPolicy.Place(problem, 0));
    }
}
