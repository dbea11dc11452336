using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Work;

public sealed class ExpertCapacityTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(1.25)]
    public void Full_room_travels_and_is_computed_and_what_finds_none_is_dropped(double factor)
    {
        for (long seed = 0; seed < 100; seed++)
        {
            using var drawn = new WorkCase(seed);
            using var given = new WorkCase(seed)
            {
                Options = drawn.Options with { Residency = Residency.Home, AllToAll = AllToAllAlgorithm.Flat, CapacityFactor = factor },
            };
            var (slow, work) = (new SlowWork(given), given.Count());
            var most = Enumerable.Range(0, work.Ranks).Max(rank => work.ResidentTokens(0)[rank]);
            var capacity = (int)Math.Ceiling(factor * given.Model.TopK * most / given.Model.Experts);
            long dropped = 0;
            foreach (var layer in WorkCase.LayersOf(work))
            {
                var (pairs, computed) = (new long[work.Ranks * work.Ranks], new Dictionary<(int Rank, int Expert), int>());
                foreach (var source in Enumerable.Range(0, work.Ranks).Except(given.Options.LostRanks))
                {
                    foreach (var expert in Enumerable.Range(0, given.Model.Experts))
                    {
                        var replicas = slow.Nearest(layer.Value, expert, source);
                        var room = (int)Math.Ceiling((decimal)capacity / replicas.Count);
                        foreach (var rank in replicas)
                        {
                            pairs[source * work.Ranks + rank] += room * given.Options.DispatchBytesPerToken;
                            computed[(rank, expert)] = computed.GetValueOrDefault((rank, expert)) + room;
                            dropped += Math.Max(0, slow.Served.GetValueOrDefault((layer.Value, source, rank, expert)) - room);
                        }
                    }
                }
                Assert.True(work.Dispatch(layer)[0].Pairs.SequenceEqual(pairs), $"seed {seed}: bytes of layer {layer}");
                for (var rank = 0; rank < work.Ranks; rank++)
                {
                    var experts = given.Placement.ExpertsOn(layer, new RankId(rank)).ToArray();
                    int[] expected = [.. experts.Select(expert => computed.GetValueOrDefault((rank, expert)))];
                    Assert.True(
                        work.ExpertTokens(layer, new RankId(rank)).SequenceEqual(expected), $"seed {seed}: layer {layer} rank {rank}");
                }
            }
            Assert.True(dropped == work.DroppedPairs, $"seed {seed}: {dropped} dropped, {work.DroppedPairs}");
            Assert.True(slow.Pairs == work.Pairs, $"seed {seed}: {slow.Pairs} pairs, {work.Pairs}");
        }
    }

    [Fact]
    public void Experts_spread_evenly_make_a_uniform_all_to_all()
    {
        var model = new MoEModel("even", 2, [0, 1], 16, 2);
        var cluster = TinyTrace.Cluster(2, 4);
        using var given = TinyTrace.Of(model, cluster, tokens: 64, seed: 3);
        var work = StepWork.Count(
            given.Slice, given.Placement, cluster,
            new WorkOptions { TokensPerStep = 64, CapacityFactor = 1, Copies = CopyUnit.Expert, DispatchBytesPerToken = 10 },
            0, 0, 1);
        // 8 tokens on each rank choose 2 of 16 experts: room for 1 token of each rank in each expert, 2 experts on each rank.
        Assert.All(work.Dispatch(new LayerId(1))[0].Pairs.ToArray(), bytes => Assert.Equal(20, bytes));
        for (var rank = 0; rank < 8; rank++)
            Assert.Equal([8, 8], work.ExpertTokens(new LayerId(1), new RankId(rank)).ToArray());
        Assert.Equal(64 * 2 * 2, work.Pairs);
        Assert.True(work.DroppedPairs > 0);
    }
}
