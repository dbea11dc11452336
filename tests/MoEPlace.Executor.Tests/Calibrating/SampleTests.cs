using MoEPlace.Evaluation;
using MoEPlace.Executor.Calibrating;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Results;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Calibrating;

/// <summary>What a calibration times is what it says.</summary>
public sealed class SampleTests
{
    [Theory]
    [InlineData("olmoe", 4, 4)]
    [InlineData("olmoe", 4, 2)]
    [InlineData("qwen3-moe", 3, 1)]
    public void An_exchange_sends_what_it_says_to_whom_it_says(string layout, int ranks, int ranksPerNode) => VirtualRanks.Run(ranks, group =>
    {
        using var scope = torch.NewDisposeScope();
        var placement = ContiguousPlacement.Of(TransformerConfig.Read(Layouts.Folder(layout)), ranks / ranksPerNode, ranksPerNode);
        using var model = Layouts.Load(Layouts.Folder(layout), placement, group.Rank);
        var traffic = new TrafficCounters(group.Rank, ranksPerNode, model.Config.HiddenSize * sizeof(float));
        using var samples = new ExchangeSamples(
            group, model, placement, new ExpertExchange(group, new DispatchRule(placement), traffic), Options(ranksPerNode));
        using var compute = new ComputeSamples(group, model, placement, Options(ranksPerNode));
        MeasuredExchange? told = null;
        var before = new Traffic(0, 0, 0, 0);
        foreach (var sample in samples.All(compute, one => told = one))
        {
            sample.Take(new MeasuredTime(1, 1, 1, 1));
            sample.Prepare();
            var prepared = traffic.Total(group).Decode;
            sample.Run();
            var after = traffic.Total(group).Decode;
            var (others, far) = told!.Peers switch
            {
                "itself" => (0, 0),
                "intra-node" => (ranksPerNode - 1, 0),
                "inter-node" => (ranks - ranksPerNode, ranks - ranksPerNode),
                _ => (ranks - 1, ranks - ranksPerNode),
            };
            var (dispatch, combine) = (after.DispatchBytes - prepared.DispatchBytes, after.CombineBytes - prepared.CombineBytes);
            Assert.Equal(ranks * others * told.BytesPerPeer * sample.Times, told.Direction == "dispatch" ? dispatch : combine);
            Assert.Equal(0, told.Direction == "dispatch" ? combine : dispatch);
            Assert.Equal(ranks * far * told.BytesPerPeer * sample.Times, after.InterNodeBytes - prepared.InterNodeBytes);
            before = after;
        }
        Assert.True(before.DispatchBytes > 0);
        return 0;
    });

    [Theory]
    [InlineData("olmoe", 1)]
    [InlineData("olmoe", 4)]
    [InlineData("deepseek-v2-lite", 3)]
    public void Pairs_stand_on_as_many_experts_of_a_rank_as_it_says(string layout, int ranks) => VirtualRanks.Run(ranks, group =>
    {
        var config = TransformerConfig.Read(Layouts.Folder(layout));
        var placement = ContiguousPlacement.Of(config, 1, ranks);
        using var model = Layouts.Load(Layouts.Folder(layout), placement, group.Rank);
        using var samples = new ComputeSamples(group, model, placement, Options(ranks));
        var held = placement.ExpertsOn(new LayerId(0), new RankId(group.Rank)).ToArray();
        for (var experts = 1; experts <= held.Length; experts++)
            for (var own = 1; own <= Math.Min(experts, config.Choices); own++)
            {
                var choices = samples.Arrive(12, experts, own).Choices;
                int[] mine = [.. choices.Experts.Where(held.Contains)];
                Assert.Equal((12 * own, experts), (mine.Length, mine.Distinct().Count()));
                // Evenly: no expert has more than one pair more than another.
                Assert.InRange(mine.CountBy(e => e).Max(e => e.Value) - mine.CountBy(e => e).Min(e => e.Value), 0, 1);
                for (var row = 0; row < 12; row++)
                {
                    var ofRow = choices.Experts[(row * config.Choices)..((row + 1) * config.Choices)];
                    Assert.Equal(own, ofRow.Where(held.Contains).Distinct().Count());
                }
            }
        return 0;
    });

    [Fact]
    public void Samples_take_turns_behind_a_barrier_and_all_ranks_know_the_time_of_the_slowest()
    {
        var told = VirtualRanks.Run(3, group =>
        {
            var order = new List<string>();
            var times = new List<MeasuredTime>();
            WorkSample[] samples = [.. "abc".Select(name => new WorkSample(
                1, () => order.Add($"{name} prepared"), () => order.Add($"{name} run"), times.Add))];
            var options = new CalibrationOptions { Contexts = [1], RanksPerNode = 3, Seconds = 1e-9 };
            new SampleRounds(group, samples, options).Run(CancellationToken.None);
            return (order, times);
        });
        string[] round = ["a prepared", "a run", "b prepared", "b run", "c prepared", "c run"];
        var rounds = told[0].order.Count / round.Length;
        Assert.InRange(rounds, 6, 15);
        Assert.All(told, one => Assert.Equal(Enumerable.Repeat(round, rounds).SelectMany(r => r), one.order));
        Assert.All(told, one => Assert.Equal(told[0].times, one.times));
        Assert.Equal(3, told[0].times.Count);
        Assert.Equal(5, told[0].times[0].Repeats);
    }

    [Fact]
    public void The_middle_and_the_tenths_lie_between_as_many_times_as_they_say()
    {
        Assert.Equal(new MeasuredTime(7, 7, 7, 1), SampleRounds.Spread([7]));
        Assert.Equal(new MeasuredTime(3, 1.4, 4.6, 5), SampleRounds.Spread([5, 3, 1, 2, 4]));
        for (var seed = 1; seed <= 50; seed++)
        {
            var random = new SeedStream(seed, "times");
            double[] times = [.. Enumerable.Range(0, 1 + random.Next(60)).Select(_ => random.NextDouble())];
            var told = SampleRounds.Spread(times);
            foreach (var (value, share) in new[] { (told.P10, 0.1), (told.Median, 0.5), (told.P90, 0.9) })
            {
                var place = share * (times.Length - 1);
                Assert.True(times.Count(t => t < value) <= Math.Ceiling(place) + 1e-9, $"seed {seed}");
                Assert.True(times.Count(t => t <= value) >= Math.Floor(place) + 1 - 1e-9, $"seed {seed}");
            }
        }
    }

    private static CalibrationOptions Options(int ranksPerNode) => new() { Tokens = [1, 6], Contexts = [8], RanksPerNode = ranksPerNode };
}
