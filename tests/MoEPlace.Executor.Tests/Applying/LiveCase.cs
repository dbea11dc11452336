using System.Collections.Concurrent;
using System.Threading.Channels;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Executor.Tests.Ranks;
using Xunit;

namespace MoEPlace.Executor.Tests.Applying;

/// <summary>A job that samples, on a tiny checkpoint, with something asked of its desk while it runs.</summary>
internal sealed class LiveCase
{
    private static readonly ConcurrentDictionary<string, Lazy<LiveCase>> Undisturbed = new();
    private readonly List<float> logits = [];

    internal required string Layout { get; init; }

    internal required ExpertPlacement From { get; init; }

    internal Residency Residency { get; init; }

    internal int SpareSlots { get; init; } = 1;

    internal bool Processes { get; init; }

    internal FaultDrill? Drill { get; init; }

    internal Action<Epoch>? Record { get; init; }

    /// <summary>Told after every step how many have run, on rank 0.</summary>
    internal required Action<int, LiveCase> AfterStep { get; init; }

    /// <summary>What is put around a rank's group.</summary>
    internal Func<IRankGroup, IRankGroup> Around { get; init; } = group => group;

    internal ApplyDesk Desk { get; } = new();

    /// <summary>All epochs that were put on record.</summary>
    internal List<Epoch> Recorded { get; } = [];

    internal List<ChannelReader<ApplyStatus>> Readers { get; } = [];

    internal RunResult Result { get; private set; } = null!;

    internal TransformerConfig Config => TransformerConfig.Read(Layouts.Folder(Layout));

    /// <summary>What the first apply told.</summary>
    internal List<ApplyStatus> Statuses => Told(0);

    internal List<ApplyStatus> Told(int apply)
    {
        var told = new List<ApplyStatus>();
        while (Readers[apply].TryRead(out var status))
            told.Add(status);
        return told;
    }

    internal void Ask(ExpertPlacement target, long bytesPerStep) => Readers.Add(Desk.Ask(new ApplyRequest(target, bytesPerStep)));

    internal static Job JobOf(TransformerConfig config)
    {
        var stream = new SeedStream(3, "ids");
        return new Job
        {
            Prompts = [.. Enumerable.Range(0, 6).Select(Prompt)],
            Batch = 4,
            Temperature = 0.8,
        };

        Prompt Prompt(int prefill) => new([.. Enumerable.Range(0, 6).Select(_ => stream.Next(config.VocabularySize))], prefill, 24);
    }

    internal LiveCase Run()
    {
        var (job, size) = (JobOf(Config), From.Ranks);
        var results = Processes ? ProcessRankThreads.Run(size, Work) : VirtualRanks.Run(size, Work);
        Result = results[0];
        foreach (var other in results)
        {
            Assert.Equal(Result.EpochOfStep, other.EpochOfStep);
            Assert.Equal(Result.MovingOfStep, other.MovingOfStep);
            Assert.Equal(Result.Sampled.SelectMany(ids => ids), other.Sampled.SelectMany(ids => ids));
        }
        return this;

        RunResult Work(IRankGroup plain)
        {
            var group = Around(plain);
            using var model = Layouts.Load(Layouts.Folder(Layout), From, group.Rank, spareSlots: SpareSlots);
            var done = 0;
            return RankRun.Run(group, model, job, new RunOptions
            {
                Placement = From,
                Residency = Residency,
                Logits = rows => logits.AddRange(rows),
                Progress = (_, _) => AfterStep(++done, this),
                Live = new LiveOptions
                {
                    SpareSlots = SpareSlots,
                    Desk = group.Rank == 0 ? Desk : null,
                    Drill = Drill,
                    Record = epoch =>
                    {
                        Record?.Invoke(epoch);
                        Recorded.Add(epoch);
                    },
                },
            });
        }
    }

    /// <summary>The same ids and the same logits as of a run on one rank, every step on an epoch that was on record, none left out.</summary>
    internal void RequireUndisturbed()
    {
        var other = Undisturbed.GetOrAdd(Layout, layout => new Lazy<LiveCase>(() => new LiveCase
        {
            Layout = layout,
            From = Placements.Contiguous(TransformerConfig.Read(Layouts.Folder(layout)), 1),
            AfterStep = (_, _) => { },
        }.Run())).Value;
        Assert.Equal(other.Result.Sampled.SelectMany(ids => ids), Result.Sampled.SelectMany(ids => ids));
        Assert.Equal(other.Result.Steps, Result.Steps);
        Assert.InRange(Layouts.Difference([.. other.logits], [.. logits], Config.VocabularySize), 0, 1e-5);
        Assert.Equal(Enumerable.Range(1, Recorded.Count), Recorded.Select(epoch => epoch.Number));
        var epoch = 0;
        foreach (var next in Result.EpochOfStep)
        {
            Assert.InRange(next, epoch, epoch + 1);
            epoch = next;
        }
        Assert.InRange(epoch, Recorded.Count - 1, Recorded.Count);
        Assert.Equal(ApplyState.Ended, Desk.Status.State);
    }
}
