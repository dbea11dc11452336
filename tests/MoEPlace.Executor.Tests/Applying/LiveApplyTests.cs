using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Tests.Models;
using Xunit;

namespace MoEPlace.Executor.Tests.Applying;

/// <summary>A migration in the middle of generating changes nothing of what a job gives.</summary>
public sealed class LiveApplyTests
{
    private const int FirstStep = 6;
    private const long AllAtOnce = long.MaxValue;

    public static TheoryData<int> Pairs => [.. Enumerable.Range(0, 50)];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Logits_and_ids_are_those_of_an_undisturbed_run(int seed)
    {
        var run = Pair(seed, processes: false);
        run.RequireUndisturbed();
        var last = run.Statuses[^1];
        Assert.Equal(ApplyState.Done, last.State);
        Assert.InRange(last.CanaryDifference!.Value, 0, 1e-4);
        Assert.NotEmpty(run.Recorded);
        Assert.Equal(run.Recorded[^1], run.Desk.InForce);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    public void And_so_they_are_over_c10d(int seed)
    {
        var run = Pair(seed, processes: true);
        run.RequireUndisturbed();
        var last = run.Statuses[^1];
        Assert.Equal(ApplyState.Done, last.State);
        Assert.InRange(last.CanaryDifference!.Value, 0, 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(20_000)]
    [InlineData(1_000_000)]
    public void Never_more_than_the_budget_travels_beside_a_step(long budget)
    {
        var run = Swap("olmoe", budget).Run();
        run.RequireUndisturbed();
        var told = run.Statuses;
        var allowed = Math.Max(budget, 4096);
        for (var i = 1; i < told.Count; i++)
        {
            Assert.InRange(told[i].BytesMoved - told[i - 1].BytesMoved, 0, allowed * (told[i].Steps - told[i - 1].Steps));
            Assert.Equal(told[1].BytesInAll, told[i].BytesInAll);
        }
        // Every step beside which something travelled but the last of a wave used what it was given.
        if (told[^1].State == ApplyState.Done)
            Assert.Equal(told[^1].BytesInAll, told[^1].BytesMoved);
        else
            Assert.Equal((ApplyState.Ended, 1L), (told[^1].State, budget));
        Assert.True(run.Result.MovingOfStep.Count(moves => moves) >= told[1].BytesInAll / allowed || budget == 1);
    }

    [Fact]
    public void Two_applies_follow_one_another_and_the_second_leads_back()
    {
        var from = Placements.Contiguous(Config("mixtral"), 3);
        var run = new LiveCase
        {
            Layout = "mixtral",
            From = from,
            AfterStep = (done, self) =>
            {
                if (done == FirstStep)
                    self.Ask(Turned(self.Config, 3), AllAtOnce);
                else if (self.Readers.Count == 1 && self.Desk.Status.State == ApplyState.Done)
                    self.Ask(from, AllAtOnce);
            },
        }.Run();
        run.RequireUndisturbed();
        Assert.Equal([ApplyState.Done, ApplyState.Done], [run.Told(0)[^1].State, run.Told(1)[^1].State]);
        Assert.Equal(from, run.Recorded[^1].Placement);
        Assert.Contains(run.Recorded, epoch => epoch.Placement.Equals(Turned(run.Config, 3)));
    }

    [Fact]
    public void A_step_after_the_apply_finds_the_memory_that_it_found_before()
    {
        var run = Swap("qwen3-moe", AllAtOnce).Run();
        using var model = Layouts.Load(Layouts.Folder("qwen3-moe"), run.Recorded[^1].Placement);
        Assert.Equal(model.Layers.Sum(layer => layer.Experts?.AllocatedBytes ?? 0), run.Result.ExpertBytes[0]);
    }

    [Fact]
    public void While_nothing_is_asked_for_every_step_runs_on_the_first_epoch()
    {
        var run = new LiveCase { Layout = "olmoe", From = Placements.Contiguous(Config("olmoe"), 2), AfterStep = (_, _) => { } }.Run();
        run.RequireUndisturbed();
        Assert.All(run.Result.EpochOfStep, epoch => Assert.Equal(0, epoch));
        Assert.All(run.Result.MovingOfStep, Assert.False);
    }

    /// <summary>Two random placements: every second pair is without replicas.</summary>
    private static LiveCase Pair(int seed, bool processes)
    {
        var layout = Layouts.Names[seed % Layouts.Names.Length];
        var (config, ranks, random) = (Config(layout), 2 + seed % 3, new SeedStream(seed, "pair"));
        ExpertPlacement from = Draw(), to = Draw();
        var spare = 1 + random.Next(2) + Enumerable.Range(0, from.Layers).Max(layer =>
            Math.Max(0, to.MostSlots(new LayerId(layer)) - from.MostSlots(new LayerId(layer))));
        return new LiveCase
        {
            Layout = layout,
            From = from,
            Residency = seed / 2 % 2 == 0 ? Residency.Home : Residency.Coherent,
            SpareSlots = spare,
            Processes = processes,
            AfterStep = (done, self) =>
            {
                if (done == FirstStep)
                    self.Ask(to, seed % 4 == 0 ? AllAtOnce : 60_000);
            },
        }.Run();

        ExpertPlacement Draw() => seed % 2 == 0 ? Placements.Random(config, ranks, random) : Placements.Shuffled(config, ranks, random);
    }

    internal static TransformerConfig Config(string layout) => TransformerConfig.Read(Layouts.Folder(layout));

    /// <summary>Every expert one rank further than in a contiguous placement.</summary>
    internal static ExpertPlacement Turned(TransformerConfig config, int ranks) => Placements.Of(config, ranks, (_, rank) =>
        [.. Enumerable.Range(0, config.Experts).Where(e => (e * ranks / config.Experts + 1) % ranks == rank)]);

    /// <summary>A run that is asked once to turn all experts one rank further.</summary>
    internal static LiveCase Swap(string layout, long budget, FaultDrill? drill = null, Action<Epoch>? record = null) => new()
    {
        Layout = layout,
        From = Placements.Contiguous(Config(layout), 2),
        Drill = drill,
        Record = record,
        AfterStep = (done, self) =>
        {
            if (done == FirstStep)
                self.Ask(Turned(self.Config, 2), budget);
        },
    };
}
