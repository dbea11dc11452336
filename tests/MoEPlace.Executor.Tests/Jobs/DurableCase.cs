using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Jobs;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Tests.Jobs;

/// <summary>A job that samples from a tiny checkpoint, and lives of it in a folder.</summary>
internal sealed class DurableCase(string layout, int ranks, long seed) : IDisposable
{
    private readonly TempFolder folder = new();

    internal TransformerConfig Config { get; } = TransformerConfig.Read(Layouts.Folder(layout));

    internal string Folder => folder["job"];

    internal Job Job { get; init; } = Of(layout, seed);

    internal Residency Residency { get; init; }

    /// <summary>What it begins with. Default: contiguous.</summary>
    internal ExpertPlacement? First { get; init; }

    /// <summary>A few prompts, some longer than others.</summary>
    internal static Job Of(string layout, long seed, int sequences = 7, int most = 9)
    {
        var random = new SeedStream(seed, "job");
        var vocabulary = TransformerConfig.Read(Layouts.Folder(layout)).VocabularySize;
        return new Job
        {
            Prompts = [.. Enumerable.Range(0, sequences).Select(_ => Prompt())],
            Batch = 3,
            PrefillTokens = 12,
            Temperature = 1,
            TopP = 0.9,
            Seed = seed,
            EndId = random.Next(2) == 0 ? random.Next(vocabulary) : null,
        };

        Prompt Prompt()
        {
            ImmutableArray<int> ids = [.. Enumerable.Range(0, 1 + random.Next(6)).Select(_ => random.Next(vocabulary))];
            return new Prompt(ids, random.Next(ids.Length + 1), 1 + random.Next(most));
        }
    }

    /// <summary>[sequences] ids as text.</summary>
    internal static string[] Lines(ImmutableArray<ImmutableArray<int>> sampled) => [.. sampled.Select(ids => string.Join(' ', ids))];

    /// <summary>What it samples when nothing happens.</summary>
    internal ImmutableArray<ImmutableArray<int>> Undisturbed() => VirtualRanks.Run(1, group =>
    {
        using var model = Layouts.Load(Layouts.Folder(layout));
        return RankRun.Run(group, model, Job, new RunOptions { Placement = Placements.Contiguous(Config, 1) });
    })[0].Sampled;

    /// <summary>One life of the job in the folder.</summary>
    /// <param name="victim">The rank that dies; none below 0.</param>
    /// <param name="calls">At which of its collectives.</param>
    internal RunResult Live(int victim = -1, int calls = 0) => VirtualRanks.Run(ranks, group => Work(
        group.Rank == victim ? new MortalRanks(group, calls) : group))[0];

    /// <summary>One life of the job that takes placements.</summary>
    /// <param name="live">How, but for what the folder says.</param>
    /// <param name="told">Takes on every rank which epoch each step ran on: rank, step, epoch.</param>
    internal RunResult[] Live(LiveOptions live, Action<int, int, int> told) => VirtualRanks.Run(ranks, group => Work(group, live, told));

    internal JobFolder Open(Job? job = null, ScalarType type = ScalarType.Float32)
    {
        using var checkpoint = Checkpoint.Open(Layouts.Folder(layout));
        return JobFolder.Open(Folder, checkpoint, type, job ?? Job, First ?? Placements.Contiguous(Config, ranks));
    }

    /// <summary>The epochs that are on record, in their order.</summary>
    internal ImmutableArray<Epoch> Epochs() => !Directory.Exists(Path.Combine(Folder, "epochs")) ? [new Epoch(0, First!)] :
    [
        .. Directory.GetFiles(Path.Combine(Folder, "epochs"), "*.json")
            .Select(file => new Epoch(
                int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture), ExpertPlacementFile.Read(file)))
            .OrderBy(epoch => epoch.Number),
    ];

    public void Dispose() => folder.Dispose();

    private RunResult Work(IRankGroup group, LiveOptions? live = null, Action<int, int, int>? told = null)
    {
        using var kept = group.Rank == 0 ? Open() : null;
        var state = JobState.Share(group, TorchDevice.Cpu, kept?.State);
        var job = Job with { Sampled = state.Sampled };
        if (job.IsComplete)
            return RunResult.OfRecord(job, group.Size);
        using var model = Layouts.Load(Layouts.Folder(layout), state.Epoch.Placement, group.Rank, spareSlots: live?.SpareSlots);
        return RankRun.Run(group, model, job, new RunOptions
        {
            Placement = state.Epoch.Placement,
            Residency = Residency,
            Sampled = (step, epoch, ids) =>
            {
                kept?.Append(epoch, ids);
                told?.Invoke(group.Rank, step, epoch);
            },
            Live = live is null ? null : live with { FirstEpoch = state.Epoch.Number, Record = kept is null ? null : kept.Record },
        });
    }
}
