using System.Collections.Immutable;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Tests.Models;
using Xunit;

namespace MoEPlace.Executor.Tests.Applying;

public sealed class MigrationPlanTests
{
    private static readonly TransformerConfig Config = TransformerConfig.Read(Layouts.Folder("qwen3-moe"));

    [Fact]
    public void Every_wave_ends_in_a_valid_placement_within_the_slots_and_the_last_in_the_target()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var (from, to) = Pair(seed);
            // One slot more than either needs is always enough.
            var slots = Slots(from, to, 1);
            var plan = MigrationPlan.Make(from, to, slots);
            Assert.True(plan.Refusal is null, $"seed {seed}: {plan.Refusal}");
            Check(seed, from, to, slots, plan);
        }
    }

    [Fact]
    public void With_fewer_slots_there_is_a_way_or_a_reason()
    {
        var refused = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var (from, to) = Pair(seed);
            var slots = Slots(from, to, -(seed % 2));
            var plan = MigrationPlan.Make(from, to, slots);
            if (plan.Refusal is null)
                Check(seed, from, to, slots, plan);
            else
                Assert.True(plan.Waves.IsEmpty && plan.Refusal.Contains("more spare slots are needed", StringComparison.Ordinal), $"seed {seed}");
            refused += plan.Refusal is null ? 0 : 1;
        }
        Assert.InRange(refused, 150, 299);
    }

    [Fact]
    public void One_spare_slot_is_enough_for_any_permutation()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var from = Placements.Shuffled(Config, 4, new SeedStream(seed, "from"));
            var plan = MigrationPlan.Make(from, Placements.Shuffled(Config, 4, new SeedStream(seed, "to")), Slots(from, from, 1));
            Assert.True(plan.Refusal is null, $"seed {seed}: {plan.Refusal}");
        }
    }

    [Fact]
    public void Experts_that_only_lose_replicas_do_not_travel_and_the_order_of_slots_is_no_migration()
    {
        var from = Placements.Of(Config, 2, (_, rank) => rank == 0 ? [0, 1, 2, 3, 4, 5, 6, 7] : [3, 4]);
        var to = Placements.Of(Config, 2, (_, rank) => rank == 0 ? [7, 6, 5, 4, 2, 1, 0] : [3]);
        var plan = MigrationPlan.Make(from, to, Slots(from, to, 0));
        Assert.Equal((0, 1), (plan.Moves, plan.Waves.Length));
        Assert.Equal(to, plan.Waves[0].After);
        var turned = Placements.Of(Config, 2, (_, rank) => rank == 0 ? [7, 6, 5, 4, 3, 2, 1, 0] : [4, 3]);
        plan = MigrationPlan.Make(from, turned, Slots(from, turned, 0));
        Assert.Null(plan.Refusal);
        Assert.Empty(plan.Waves);
    }

    [Fact]
    public void A_refusal_names_the_layer_the_rank_and_what_it_lacks()
    {
        var from = Placements.Contiguous(Config, 2);
        var to = Placements.Of(Config, 2, (_, rank) => rank == 0 ? [0] : [0, 1, 2, 3, 4, 5, 6, 7]);
        Assert.StartsWith("layer ", MigrationPlan.Make(from, to, Slots(from, from, 1)).Refusal, StringComparison.Ordinal);
        Assert.Contains("rank 1: 3 more spare slots are needed", MigrationPlan.Make(from, to, Slots(from, from, 1)).Refusal, StringComparison.Ordinal);
        Assert.Contains("3 nodes", MigrationPlan.Make(from, Nodes(3), Slots(from, from, 1)).Refusal, StringComparison.Ordinal);
        var other = Placements.Contiguous(TransformerConfig.Read(Layouts.Folder("mixtral")), 2);
        Assert.Contains("6 experts", MigrationPlan.Make(from, other, Slots(from, from, 1)).Refusal, StringComparison.Ordinal);

        static ExpertPlacement Nodes(int nodes) => Placements.Of(Config, nodes, (_, rank) => rank == 0 ? [0, 1, 2, 3, 4, 5, 6, 7] : [], nodes);
    }

    /// <summary>Two placements on as many ranks, with replicas or without.</summary>
    internal static (ExpertPlacement From, ExpertPlacement To) Pair(int seed)
    {
        var ranks = 2 + seed % 3;
        return (Draw("from"), Draw("to"));

        ExpertPlacement Draw(string which) => Placements.Random(Config, ranks, new SeedStream(seed, which));
    }

    private static ImmutableArray<int> Slots(ExpertPlacement from, ExpertPlacement to, int more) =>
    [
        .. Enumerable.Range(0, from.Layers).Select(layer =>
            Math.Max(1, more + Math.Max(from.MostSlots(new LayerId(layer)), to.MostSlots(new LayerId(layer))))),
    ];

    /// <summary>Plays a plan back on plain sets.</summary>
    private static void Check(int seed, ExpertPlacement from, ExpertPlacement to, ImmutableArray<int> slots, MigrationPlan plan)
    {
        var (held, moves) = (Held(from), 0);
        foreach (var wave in plan.Waves)
        {
            var start = held.Select(set => set.ToHashSet()).ToArray();
            foreach (var move in wave.Moves)
            {
                Assert.True(start[At(move.From)].Contains(move.Expert.Value), $"seed {seed}: {move} is not held");
                Assert.True(held[At(move.To)].Add(move.Expert.Value), $"seed {seed}: {move} is held already");
                moves++;

                int At(RankId rank) => move.Layer.Value * from.Ranks + rank.Value;
            }
            for (var i = 0; i < held.Length; i++)
                Assert.True(held[i].Count <= slots[i / from.Ranks], $"seed {seed}: more experts than slots");
            var after = Held(wave.After);
            for (var i = 0; i < held.Length; i++)
                Assert.True(after[i].IsSubsetOf(held[i]), $"seed {seed}: an expert is in force that has not come");
            held = after;
        }
        Assert.Equal(to, plan.Waves.IsEmpty ? to : plan.Waves[^1].After);
        Assert.True(Held(to).Zip(held).All(pair => pair.First.SetEquals(pair.Second)), $"seed {seed}: not the target");
        Assert.Equal(Held(to).Zip(Held(from)).Sum(pair => pair.First.Except(pair.Second).Count()), moves);
    }

    private static HashSet<int>[] Held(ExpertPlacement placement) =>
    [
        .. Enumerable.Range(0, placement.Layers * placement.Ranks).Select(i =>
            placement.ExpertsOn(new LayerId(i / placement.Ranks), new RankId(i % placement.Ranks)).ToArray().ToHashSet()),
    ];
}
