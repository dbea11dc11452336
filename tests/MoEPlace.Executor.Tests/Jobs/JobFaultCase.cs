using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using Xunit;

namespace MoEPlace.Executor.Tests.Jobs;

/// <summary>A job that is struck in the middle of an apply and started again until it is done; all but the blow is drawn from the seed.</summary>
internal sealed class JobFaultCase : IDisposable
{
    private const int MostLives = 4;
    private static readonly string[] Checkpoints = ["mixtral", "olmoe", "deepseek-v2-lite"];
    private static readonly ConcurrentDictionary<(string Layout, long Job), Lazy<string[]>> Undisturbed = new();
    private readonly SeedStream random;
    private readonly FaultDrill drill;
    private readonly (string Layout, long Job) what;
    private readonly int askAt, spare;
    private readonly long bytesPerStep;
    private readonly bool asksAgain;
    private readonly ExpertPlacement target;
    private readonly DurableCase durable;
    private readonly List<string> lives = [];

    internal JobFaultCase(int seed, ApplyPoint point, FaultKind kind, int rank, int ranks)
    {
        random = new SeedStream(seed, "fault");
        what = (Checkpoints[random.Next(Checkpoints.Length)], 1 + random.Next(3));
        drill = new FaultDrill(rank, point, kind, 1 + random.Next(point is ApplyPoint.BeforePart or ApplyPoint.AfterPart ? 4 : 3) / 2);
        (askAt, bytesPerStep, asksAgain) = (random.Next(3), 8_000 + random.Next(120_000), random.Next(2) == 0);
        var config = TransformerConfig.Read(Layouts.Folder(what.Layout));
        var (first, next) = (Placements.Random(config, ranks, random), Placements.Random(config, ranks, random));
        (target, spare) = (next, random.Next(2) + 1 + Enumerable.Range(0, first.Layers)
            .Max(layer => Math.Max(0, next.MostSlots(new LayerId(layer)) - first.MostSlots(new LayerId(layer)))));
        durable = new DurableCase(what.Layout, ranks, what.Job)
        {
            Job = DurableCase.Of(what.Layout, what.Job, sequences: 6, most: 16),
            First = first,
            Residency = (Residency)random.Next(2),
        };
    }

    /// <summary>Whether the blow was felt: the rank died, the apply was given up, or it went on after a delay or a loss.</summary>
    internal bool Struck { get; private set; }

    public void Dispose() => durable.Dispose();

    public override string ToString() =>
        $"{what}, {drill}, asked at step {askAt}, {bytesPerStep} bytes a step, {spare} spare: {string.Join("; ", lives)}";

    /// <summary>Runs it, and judges every life and the whole.</summary>
    internal void Run()
    {
        RunResult[]? results = null;
        for (var life = 0; results is null && life < MostLives; life++)
            results = Live(life);
        Assert.NotNull(results);
        Assert.All(results, result => Assert.Equal(results[0].EpochOfStep, result.EpochOfStep));
        var wanted = Undisturbed.GetOrAdd(what, _ => new(() => DurableCase.Lines(durable.Undisturbed()))).Value;
        Assert.Equal(wanted, DurableCase.Lines(results[0].Sampled));
        Assert.True(durable.Epochs().Select(epoch => epoch.Number).SequenceEqual(Enumerable.Range(0, durable.Epochs().Length)), "epochs rise by 1");
    }

    /// <returns>What the ranks came to; null when one was lost.</returns>
    private RunResult[]? Live(int life)
    {
        var before = durable.Epochs();
        var (desk, steps) = (new ApplyDesk(), new ConcurrentDictionary<(int Rank, int Step), int>());
        var plan = MigrationPlan.Make(
            before[^1].Placement, target,
            [.. Enumerable.Range(0, target.Layers).Select(layer => before[^1].Placement.MostSlots(new LayerId(layer)) + spare)]);
        var asks = life == 0 || asksAgain;
        ChannelReader<ApplyStatus>? told = null;
        if (asks && askAt == 0)
            told = desk.Ask(new ApplyRequest(target, bytesPerStep));
        RunResult[]? results = null;
        try
        {
            var live = new LiveOptions
            {
                SpareSlots = spare,
                Desk = desk,
                Drill = drill.Attempt == life ? drill : null,
                Struck = () => Struck = true,
            };
            results = durable.Live(live, (rank, step, epoch) =>
            {
                steps[(rank, step)] = epoch;
                if (rank == 0 && asks && askAt == step + 1)
                    told = desk.Ask(new ApplyRequest(target, bytesPerStep));
            });
        }
        catch (RankLossException e)
        {
            Assert.Equal((0, FaultKind.Kill, $"rank {drill.Rank} was killed at {drill.Point}"), (life, drill.Kind, e.Message));
        }
        var after = durable.Epochs();
        JudgeEpochs(before, after, plan, steps);
        JudgeApply(life, told, before, after, plan);
        lives.Add($"epoch {before[^1].Number} to {after[^1].Number}, {(results is null ? "lost" : $"{results[0].Steps} steps")}");
        return results;
    }

    /// <summary>What came on record is the way of the plan, and every step ran on one epoch on all ranks, none on an older one.</summary>
    private static void JudgeEpochs(
        ImmutableArray<Epoch> before, ImmutableArray<Epoch> after, MigrationPlan plan, IReadOnlyDictionary<(int Rank, int Step), int> steps)
    {
        Assert.Equal(before.AsEnumerable(), after.Take(before.Length));
        var fresh = after.Skip(before.Length).Select(epoch => epoch.Placement).ToArray();
        Assert.Equal(plan.Waves.Take(fresh.Length).Select(wave => wave.After), fresh);
        var last = before[^1].Number;
        foreach (var step in steps.GroupBy(told => told.Key.Step).OrderBy(step => step.Key))
        {
            var epoch = Assert.Single(step.Select(told => told.Value).Distinct());
            Assert.InRange(epoch, last, Math.Min(last + 1, after[^1].Number));
            last = epoch;
        }
    }

    private void JudgeApply(
        int life, ChannelReader<ApplyStatus>? reader, ImmutableArray<Epoch> before, ImmutableArray<Epoch> after,
        MigrationPlan plan)
    {
        var told = new List<ApplyStatus>();
        while (reader is not null && reader.TryRead(out var status))
            told.Add(status);
        if (told.Count == 0)
            return;
        var last = told[^1];
        if (last.State == ApplyState.Done)
            Assert.Equal(before[^1].Number + plan.Waves.Length, after[^1].Number);
        if (last.State == ApplyState.Aborted && plan.Refusal is null)
        {
            Assert.Equal((0, FaultKind.FullMemory), (life, drill.Kind));
            Assert.StartsWith($"rank {drill.Rank} has no memory", last.Reason, StringComparison.Ordinal);
            Assert.Equal(last.Epoch, after[^1].Number);
        }
    }
}
