using System.Collections.Immutable;
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

    /// <summary>A few prompts, some longer than others.</summary>
    internal static Job Of(string layout, long seed)
    {
        var random = new SeedStream(seed, "job");
        var vocabulary = TransformerConfig.Read(Layouts.Folder(layout)).VocabularySize;
        return new Job
        {
            Prompts = [.. Enumerable.Range(0, 7).Select(_ => Prompt())],
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
            return new Prompt(ids, random.Next(ids.Length + 1), 1 + random.Next(9));
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

    internal JobFolder Open(Job? job = null, ScalarType type = ScalarType.Float32)
    {
        using var checkpoint = Checkpoint.Open(Layouts.Folder(layout));
        return JobFolder.Open(Folder, checkpoint, type, job ?? Job, Placements.Contiguous(Config, ranks));
    }

    public void Dispose() => folder.Dispose();

    private RunResult Work(IRankGroup group)
    {
        using var kept = group.Rank == 0 ? Open() : null;
        var state = JobState.Share(group, TorchDevice.Cpu, kept?.State);
        var job = Job with { Sampled = state.Sampled };
        if (job.IsComplete)
            return RunResult.OfRecord(job, group.Size);
        using var model = Layouts.Load(Layouts.Folder(layout), state.Epoch.Placement, group.Rank);
        return RankRun.Run(group, model, job, new RunOptions
        {
            Placement = state.Epoch.Placement,
            Residency = Residency,
            Sampled = (_, epoch, ids) => kept?.Append(epoch, ids),
        });
    }
}
