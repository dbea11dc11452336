using MoEPlace.Placement.Copies;
using Xunit;

namespace MoEPlace.Placement.Tests.Copies;

public sealed class CopyStateTests
{
    [Fact]
    public void The_cost_and_the_change_of_every_swap_are_what_the_judge_counts()
    {
        for (var seed = 1; seed <= 25; seed++)
            foreach (var measure in Enum.GetValues<CopyMeasure>())
            {
                using var given = new CopyCase(seed);
                var state = given.State(measure, CopyStart.Of(given.Problem));
                var told = $"seed {seed}, {measure}";
                Check(given.Judge(measure, state), state.Cost, told);
                for (var swap = 0; swap < 25; swap++)
                {
                    var (layer, a, b) = Draw(given, state);
                    if (!state.MaySwap(layer, a, b))
                        continue;
                    var (least, before) = (state.LeastChange(layer, a, b), state.Cost);
                    var change = least + state.Overlap(layer, a, b);
                    state.Swap(layer, a, b, change);
                    Assert.True(least <= change, told);
                    Check(before + change, state.Cost, told);
                    if (swap % 8 == 0)
                        Check(given.Judge(measure, state), state.Cost, $"{told}, swap {swap}");
                }
            }
    }

    [Fact]
    public void Counts_kept_from_move_to_move_equal_those_made_from_scratch()
    {
        for (var seed = 1; seed <= 20; seed++)
            foreach (var measure in Enum.GetValues<CopyMeasure>())
            {
                using var given = new CopyCase(seed);
                var start = CopyStart.Of(given.Problem);
                var (state, fresh) = (given.State(measure, start), given.State(measure, start));
                for (var move = 0; move < 30; move++)
                {
                    var (layer, a, b) = Draw(given, state);
                    if (move % 10 == 9)
                        Reassign(given, state, layer);
                    else if (state.MaySwap(layer, a, b))
                        state.Swap(layer, a, b, state.LeastChange(layer, a, b) + state.Overlap(layer, a, b));
                }
                for (var layer = 0; layer < given.Problem.Model.Layers; layer++)
                {
                    var (from, n) = (layer * start.Items, start.Items);
                    fresh.Items.Assign(layer, state.Items.ExpertOf.AsSpan(from, n), state.Items.PartOf.AsSpan(from, n));
                }
                fresh.Reset();
                var told = $"seed {seed}, {measure}";
                Assert.True(state.PartLoad.AsSpan().SequenceEqual(fresh.PartLoad), told);
                Check(fresh.Cost, state.Cost, told);
                for (var pair = 0; pair < 40; pair++)
                {
                    var (layer, a, b) = Draw(given, state);
                    if (!state.MaySwap(layer, a, b))
                        continue;
                    Check(fresh.LeastChange(layer, a, b), state.LeastChange(layer, a, b), told);
                    Check(fresh.Overlap(layer, a, b), state.Overlap(layer, a, b), told);
                }
            }
    }

    [Fact]
    public void A_replica_gives_its_slot_to_another_expert_and_all_counts_stay_those_of_the_judge()
    {
        var made = 0;
        for (var seed = 1; seed <= 15; seed++)
            foreach (var measure in Enum.GetValues<CopyMeasure>())
            {
                using var given = new CopyCase(seed);
                var state = given.State(measure, CopyStart.Of(given.Problem));
                if (!state.Items.HasReplicas)
                    continue;
                long[] none = [.. Enumerable.Repeat(long.MaxValue, state.Parts)];
                for (var i = 0; i < 20; i++)
                    made += ReplicaExchange.Try(state, given.Random.Next(given.Problem.Model.Layers), none, given.Random, i % 2 * 1e9, 0) ? 1 : 0;
                Check(given.Judge(measure, state), state.Cost, $"seed {seed}, {measure}");
            }
        Assert.True(made > 50);
    }

    [Fact]
    public void Ranks_are_renamed_so_that_no_other_names_of_theirs_cost_less()
    {
        for (var seed = 1; seed <= 20; seed++)
            foreach (var measure in new[] { CopyMeasure.Home, CopyMeasure.Coherent })
            {
                using var given = new CopyCase(seed, redundant: 0, nodes: 1);
                var state = given.State(measure, CopyStart.Of(given.Problem));
                var layer = given.Random.Next(given.Problem.Model.Layers);
                state.Rename(layer);
                var (n, least) = (state.Items.Count, state.Cost);
                var partOf = state.Items.PartOf.AsSpan(layer * n, n).ToArray();
                foreach (var names in Orders(given.Problem.Cluster.Ranks))
                {
                    state.Assign(layer, [.. Enumerable.Range(0, n)], [.. partOf.Select(part => names[part])]);
                    Assert.True(state.Cost >= least - 1e-6, $"seed {seed}, {measure}");
                }
            }
    }

    private static (int Layer, int A, int B) Draw(CopyCase given, CopyState state) =>
        (given.Random.Next(given.Problem.Model.Layers), given.Random.Next(state.Items.Count), given.Random.Next(state.Items.Count));

    /// <summary>Turns the ranks of a layer round by one.</summary>
    private static void Reassign(CopyCase given, CopyState state, int layer)
    {
        var (n, ranks, before) = (state.Items.Count, given.Problem.Cluster.Ranks, state.Cost);
        var partOf = state.Items.PartOf.AsSpan(layer * n, n).ToArray().Select(p => (p + 1) % ranks).ToArray();
        Check(state.Assign(layer, state.Items.ExpertOf.AsSpan(layer * n, n).ToArray(), partOf), state.Cost - before, "assign");
    }

    private static IEnumerable<int[]> Orders(int count) => count == 1
        ? [[0]]
        : Orders(count - 1).SelectMany(order => Enumerable.Range(0, count).Select(at => (int[])[.. order.Take(at), count - 1, .. order.Skip(at)]));

    private static void Check(double expected, double actual, string told) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-6 * (1 + Math.Abs(expected)), $"{told}: {expected} expected, {actual} found");
}
