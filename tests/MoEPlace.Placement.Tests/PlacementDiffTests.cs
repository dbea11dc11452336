using System.Collections.Immutable;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class PlacementDiffTests
{
    private static readonly ModelDimensions Dimensions = new(1000, 100, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 2, 2, 2);

    [Fact]
    public void The_same_placement_needs_no_move_whatever_the_order_of_its_slots()
    {
        var before = Place(1, 2, [[0, 1], [2, 3]]);
        foreach (var after in new[] { before, Place(1, 2, [[1, 0], [3, 2]]) })
        {
            var diff = PlacementDiff.Between(before, after, Dimensions, PlacementSamples.Cluster(1, 2));
            Assert.Equal(new PlacementDiff([], 4, 0, 0, 0, new MigrationTime(0, 0, 0, 0, 0, 0, 0)), diff);
        }
    }

    [Fact]
    public void Tells_moves_new_replicas_and_dropped_copies()
    {
        // Two nodes of two ranks. Expert 1 moves from rank 0 to 1; expert 2 gives its replica on rank 2 up for rank 3;
        // expert 3 gets a second replica; expert 0 loses one.
        var before = Place(2, 2, [[0, 1], [2, 0], [2, 3], [4, 5]]);
        var after = Place(2, 2, [[0, 3], [2, 1], [4, 3], [2, 5]]);
        var diff = PlacementDiff.Between(before, after, Dimensions, PlacementSamples.Cluster(2, 2, intra: 6e9, inter: 3e9, intraNs: 1e9, interNs: 2e9));
        PlacementMove[] expected =
        [
            Move(3, null, 0, 2),
            Move(1, 0, 1, 0),
            Move(4, 3, 2, 3),
            Move(2, 2, 3, 2),
        ];
        Assert.Equal(expected, diff.Moves);
        Assert.Equal((4, 1, 4, 4 * 600_000L), (diff.SlotsKept, diff.CopiesDropped, diff.MovedExperts, diff.Bytes!.Value));
        // Within nodes each port moves one expert; between nodes rank 2 sends one to rank 0.
        Assert.Equal(new MigrationTime(2 + 0.6e6 / 3e9, 1 + 0.6e6 / 6e9, 2 + 0.6e6 / 3e9, 1_800_000, 600_000, 600_000, 600_000), diff.Time);
    }

    [Fact]
    public void Sends_from_the_same_node_and_then_from_who_has_sent_least()
    {
        // Expert 0 is on ranks 0, 2 and 3; ranks 1, 4 and 5 get it, with nodes of two.
        var before = Place(3, 2, [[0], [1], [0], [0], [2], [3]]);
        var after = Place(3, 2, [[1], [0], [2], [3], [0], [0]]);
        var moves = PlacementDiff.Between(before, after).Moves.Where(m => m.Expert.Value == 0).ToArray();
        Assert.Equal([1, 4, 5], moves.Select(m => m.To.Value));
        // Rank 0 serves its neighbour; then 2 has sent nothing, but its expert 0 went first; 3 is the lowest that has sent least.
        Assert.Equal([0, 2, 3], moves.Select(m => m.Source.Value));
        Assert.Equal([0, 2, 3], moves.Select(m => m.From!.Value.Value));
    }

    [Fact]
    public void Random_pairs_keep_the_laws()
    {
        var random = new SeedStream(6, "diff");
        for (var run = 0; run < 120; run++)
        {
            var (nodes, ranksPerNode) = (1 + random.Next(3), 1 + random.Next(4));
            var ranks = nodes * ranksPerNode;
            var model = PlacementSamples.Model(1 + random.Next(3), ranks * (1 + random.Next(4)));
            var redundant = ranks > 1 ? ranks * random.Next(3) : 0;
            redundant = Math.Min(redundant, model.Experts * (ranks - 1));
            var a = PlacementSamples.Random(random, model, nodes, ranksPerNode, redundant);
            var b = PlacementSamples.Random(random, model, nodes, ranksPerNode, redundant);
            var cluster = PlacementSamples.Cluster(nodes, ranksPerNode);
            var (there, back) = (PlacementDiff.Between(a, b, Dimensions, cluster), PlacementDiff.Between(b, a, Dimensions, cluster));
            Assert.True(there.Moves.Length == back.Moves.Length && there.SlotsKept == back.SlotsKept, $"run {run}");
            Assert.Equal((long)model.Layers * (model.Experts + redundant), there.SlotsKept + there.Moves.Length);
            Assert.Equal(there.Moves.Count(m => m.From is null), there.CopiesDropped);
            Assert.Equal(there.Moves.Length * Dimensions.ExpertBytes, there.Bytes);
            Assert.Equal(there.Bytes, there.Time!.IntraNodeBytes + there.Time.InterNodeBytes);
            Assert.Equal(there, PlacementDiff.Between(a, b, Dimensions, cluster));
            Assert.Equal(there.Moves, there.Moves.OrderBy(m => m.Layer.Value).ThenBy(m => m.To.Value).ThenBy(m => m.Expert.Value));
            Assert.All(there.Moves, m => CheckMove(m, a, b));
            Assert.Equal(there.Time.Seconds, SlowSeconds(there.Moves, cluster), 1e-12);
            Apply(a, b, there);
        }
    }

    private static void CheckMove(PlacementMove move, ExpertPlacement before, ExpertPlacement after)
    {
        var holders = before.RanksOf(move.Layer, move.Expert).ToArray();
        Assert.Contains(move.Source.Value, holders);
        Assert.DoesNotContain(move.To.Value, holders);
        Assert.Contains(move.To.Value, after.RanksOf(move.Layer, move.Expert).ToArray());
        if (move.From is { } from)
        {
            Assert.Contains(from.Value, holders);
            Assert.DoesNotContain(from.Value, after.RanksOf(move.Layer, move.Expert).ToArray());
        }
        if (holders.Any(h => before.NodeOf(new RankId(h)) == before.NodeOf(move.To)))
            Assert.Equal(before.NodeOf(move.To), before.NodeOf(move.Source));
    }

    private static void Apply(ExpertPlacement before, ExpertPlacement after, PlacementDiff diff)
    {
        var held = Triples(before);
        var goal = Triples(after);
        foreach (var move in diff.Moves)
        {
            Assert.True(held.Add((move.Layer.Value, move.To.Value, move.Expert.Value)));
            if (move.From is { } from)
                Assert.True(held.Remove((move.Layer.Value, from.Value, move.Expert.Value)));
        }
        Assert.Equal(diff.CopiesDropped, held.Except(goal).Count());
        Assert.Empty(goal.Except(held));
    }

    private static HashSet<(int Layer, int Rank, int Expert)> Triples(ExpertPlacement placement) =>
        [.. placement.ToSlots().SelectMany((ranks, l) => ranks.SelectMany((slots, r) => slots.Select(e => (l, r, e))))];

    private static double SlowSeconds(ImmutableArray<PlacementMove> moves, Cluster cluster) =>
        new[] { (Same: true, Link: cluster.IntraNode), (Same: false, Link: cluster.InterNode) }.Max(tier =>
        {
            var own = moves.Where(m => (m.Source.Value / cluster.RanksPerNode == m.To.Value / cluster.RanksPerNode) == tier.Same).ToArray();
            if (own.Length == 0)
                return 0;
            var busiest = Math.Max(own.GroupBy(m => m.Source).Max(g => g.Count()), own.GroupBy(m => m.To).Max(g => g.Count()));
            return tier.Link.LatencyNanoseconds / 1e9 + busiest * Dimensions.ExpertBytes / tier.Link.BandwidthBytesPerSecond;
        });

    [Fact]
    public void Bytes_and_time_are_unknown_without_dimensions_and_time_without_a_cluster()
    {
        var (before, after) = (Place(1, 2, [[0, 1], [2, 3]]), Place(1, 2, [[0, 2], [1, 3]]));
        var bare = PlacementDiff.Between(before, after, cluster: PlacementSamples.Cluster(1, 2));
        Assert.Equal((null, null), (bare.Bytes, bare.Time));
        var sized = PlacementDiff.Between(before, after, Dimensions);
        Assert.Equal((1_200_000L, null), (sized.Bytes, sized.Time));
    }

    [Fact]
    public void Refuses_placements_of_different_shape_with_every_difference()
    {
        var before = Place(1, 2, [[0, 1], [2, 3]]);
        var after = Place(2, 2, [[0, 1], [2, 3], [4, 5], [0, 2]]);
        var faults = Assert.Throws<InputException>(() => PlacementDiff.Between(before, after, null, PlacementSamples.Cluster(1, 4))).Faults;
        Assert.Equal(["experts", "nodes", "cluster.ranksPerNode"], faults.Select(f => f.Field));
    }

    private static PlacementMove Move(int expert, int? from, int to, int source) =>
        new(new LayerId(0), new ExpertId(expert), from is { } rank ? new RankId(rank) : null, new RankId(to), new RankId(source));

    private static ExpertPlacement Place(int nodes, int ranksPerNode, int[][] ranks) =>
        new("test", 1, [0], ranks.SelectMany(r => r).Max() + 1, nodes, ranksPerNode,
            [[.. ranks.Select(r => r.ToImmutableArray())]], PlacementSamples.Provenance);
}
