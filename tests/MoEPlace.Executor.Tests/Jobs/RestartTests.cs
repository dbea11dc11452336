using MoEPlace.Executor.Jobs;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Jobs;

public sealed class RestartTests
{
    [Theory]
    [InlineData("mixtral", 3)]
    [InlineData("olmoe", 2)]
    [InlineData("deepseek-v2-lite", 4)]
    public void A_job_that_was_killed_any_number_of_times_samples_what_an_undisturbed_one_does(string layout, int ranks)
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            using var durable = new DurableCase(layout, ranks, seed) { Residency = seed % 2 == 0 ? Residency.Home : Residency.Coherent };
            var random = new SeedStream(seed, "deaths");
            var deaths = 0;
            while (deaths < 8)
                try
                {
                    durable.Live(random.Next(ranks), random.Next(60));
                    break;
                }
                catch (RankLossException)
                {
                    deaths++;
                }
            var (wanted, got) = (DurableCase.Lines(durable.Undisturbed()), DurableCase.Lines(durable.Live().Sampled));
            Assert.True(wanted.SequenceEqual(got), $"seed {seed}, {deaths} deaths: {string.Join(" | ", got)}, not {string.Join(" | ", wanted)}");
            Assert.Equal(0, durable.Live().Tokens);
        }
    }

    [Fact]
    public void What_has_ended_does_not_run_again_and_what_was_sampled_runs_once()
    {
        using var durable = new DurableCase("mixtral", 2, 3);
        var sampled = durable.Undisturbed();
        using (var kept = durable.Open())
            foreach (var sequence in new[] { 0, 1 })
                for (var i = 0; i < sampled[sequence].Length - sequence; i++)
                    kept.Append(0, [new(sequence, durable.Job.Prompts[sequence].Ids.Length + i, sampled[sequence][i])]);
        var all = durable.Job.Prompts.Select((prompt, s) => prompt.Ids.Length + sampled[s].Length - 1).ToArray();
        var result = durable.Live();
        Assert.Equal(all.Skip(1).Sum(), result.Tokens);
        Assert.Equal(DurableCase.Lines(sampled), DurableCase.Lines(result.Sampled));
    }

    [Fact]
    public void All_ranks_begin_with_what_rank_0_knows()
    {
        var config = TransformerConfig.Read(Layouts.Folder("mixtral"));
        var told = new JobState(new(7, Placements.Random(config, 3, new SeedStream(1, "placement"))), [[1, 2], [], [3]]);
        var states = VirtualRanks.Run(3, group => JobState.Share(group, TorchDevice.Cpu, group.Rank == 0 ? told : null));
        Assert.All(states, state =>
        {
            Assert.Equal((7, 3L), (state.Epoch.Number, state.Ids));
            Assert.Equal(told.Epoch.Placement, state.Epoch.Placement);
            Assert.Equal(DurableCase.Lines(told.Sampled), DurableCase.Lines(state.Sampled));
        });
    }
}
