using System.CommandLine;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using MoEPlace.Executor.Jobs;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;

namespace MoEPlace.Cli;

/// <summary>The options of a job that goes on where it was when it ended, and what they make of a run.</summary>
internal sealed class JobOptions
{
    private const int MostRestarts = 1_000;
    private const int MostSpareSlots = 1_024;
    private readonly Option<string?> folder = new("--job")
    {
        Description = "Keep what is sampled, and the placement in force, in this folder: a run that is started again there goes on where "
            + "the last one ended, however it ended, with nothing sampled twice; the ids are those of an undisturbed run in float32, and in bfloat16 "
            + "as rounding allows. It takes other placements while it runs (see apply; with --emulate-nodes from node 0: ip netns exec NODE ...).",
    };
    private readonly Option<int> restarts = new("--restarts")
    {
        Description = "How often --ranks are started anew after one was lost.",
        DefaultValueFactory = _ => 0,
    };
    private readonly Option<int?> spareSlots = new("--spare-slots")
    {
        Description = $"Slots of each layer and rank for experts that are on their way, with --job; default: {new LiveOptions().SpareSlots}.",
    };

    /// <summary>Gives a verb these options.</summary>
    internal void AddTo(Command command)
    {
        foreach (var option in new Option[] { folder, restarts, spareSlots })
            command.Options.Add(option);
    }

    /// <summary>The folder; null for a run that keeps nothing.</summary>
    internal string? FolderOf(ParseResult parsed) => parsed.GetValue(folder);

    /// <summary>How often ranks are started anew.</summary>
    internal int RestartsOf(ParseResult parsed) => parsed.GetValue(restarts);

    /// <summary>Notes what is wrong with these options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="start">On which ranks; null where that is faulty.</param>
    /// <param name="outputs">Files that are of one life of a job, by option; null for those that are not asked for.</param>
    /// <param name="faults">Where to note it.</param>
    internal void Check(ParseResult parsed, RankStart? start, InputFaults faults, params ReadOnlySpan<(string Option, string? Path)> outputs)
    {
        var (often, spare, kept) = (parsed.GetValue(restarts), parsed.GetValue(spareSlots), FolderOf(parsed) is not null);
        faults.Require(FolderOf(parsed) is not { Length: 0 }, "--job", "", "a folder");
        faults.Require(often is >= 0 and <= MostRestarts, "--restarts", often, $"0 to {MostRestarts}");
        faults.Require(
            often == 0 || (kept && (start is null || start.Launches || LauncherPipe.IsHeld)), "--restarts", often,
            "0, or with --job and --ranks of 2 or more: what this program does not start, it does not start anew");
        faults.Require(spare is null or >= 0 and <= MostSpareSlots, "--spare-slots", spare, $"0 to {MostSpareSlots}");
        faults.Require(spare is null || kept, "--spare-slots", spare, "only with --job");
        foreach (var (option, path) in outputs)
            faults.Require(path is null || !kept, option, path, "not together with --job, whose runs would each have a part of it");
    }

    /// <summary>Looks into the folder, without holding it, and notes what keeps the job from running there.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="weights">The model.</param>
    /// <param name="type">The element type that it runs in.</param>
    /// <param name="job">What was asked for; where its numbers are none, that is noted already.</param>
    /// <param name="start">On which ranks.</param>
    /// <param name="asked">The placement that was asked for; null for none.</param>
    /// <param name="faults">Where to note it.</param>
    /// <returns>How far the job has come; null where it begins.</returns>
    internal JobState? Look(
        ParseResult parsed, Checkpoint weights, ScalarType type, Job job, RankStart start, ExpertPlacement? asked, InputFaults faults) =>
        FolderOf(parsed) is { Length: > 0 } path && start.Leads && !LauncherPipe.IsHeld
            && double.IsFinite(job.Temperature) && double.IsFinite(job.TopP)
            ? JobFolder.Look(path, weights, type, job, start.Ranks, NodesOf(start), asked, faults)
            : null;

    /// <summary>Opens the folder on rank 0.</summary>
    internal JobFolder? Open(
        ParseResult parsed, IRankGroup group, Checkpoint weights, ScalarType type, Job job, RankStart start, RunOptions options) =>
        group.Rank == 0 && FolderOf(parsed) is { } path
            ? JobFolder.Open(path, weights, type, job, options.Placement, NodesOf(start))
            : null;

    /// <summary>What is left to run, and how, by what rank 0 found on record; every rank calls it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="group">The ranks.</param>
    /// <param name="start">What this process is.</param>
    /// <param name="kept">The folder, on rank 0.</param>
    /// <param name="job">What was asked for.</param>
    /// <param name="options">How it was to be run.</param>
    internal (Job Job, RunOptions Options) GoOn(
        ParseResult parsed, IRankGroup group, RankStart start, JobFolder? kept, Job job, RunOptions options)
    {
        if (FolderOf(parsed) is null)
            return (job, options);
        var state = JobState.Share(group, start.Device, kept?.State);
        var drill = FaultDrill.Read();
        return (job with { Sampled = state.Sampled }, options with
        {
            Placement = state.Epoch.Placement,
            Sampled = (_, epoch, ids) => kept?.Append(epoch, ids),
            Live = new LiveOptions
            {
                FirstEpoch = state.Epoch.Number,
                SpareSlots = parsed.GetValue(spareSlots) ?? new LiveOptions().SpareSlots,
                Desk = kept is null ? null : new ApplyDesk(),
                Record = kept is null ? null : kept.Record,
                Drill = drill?.Attempt == (start.Environment?.Attempt ?? 0) ? drill : null,
            },
        });
    }

    /// <summary>Listens for placements, on rank 0 of a job that has a folder.</summary>
    internal ControlPort? Listen(ParseResult parsed, RunOptions options) =>
        options.Live?.Desk is { } desk ? ControlPort.Open(FolderOf(parsed)!, desk, options.Placement) : null;

    /// <summary>Nodes that are known; null where all ranks stand on this machine, of which a placement may make any number of nodes.</summary>
    private static int? NodesOf(RankStart start) => start.Emulation?.Nodes;
}
