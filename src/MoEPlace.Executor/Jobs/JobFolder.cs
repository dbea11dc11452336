using System.Text.Json;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Jobs;

/// <summary>
/// Where a job keeps what it must not lose: who it is (<c>job.json</c>), its epochs (<c>epochs/N.json</c>, placement files) and what it has
/// sampled (<c>sampled.ids</c>). Whoever opens the folder goes on where the last one was when it ended, however it ended. Rank 0 alone opens it, and
/// holds it alone. Any epoch that is on record and any first part of what was sampled is a state that the job can go on from; so nothing here
/// has to reach the disk in some order.
/// </summary>
public sealed class JobFolder : IDisposable
{
    /// <summary>How often a folder is tried that is held, and how long between: another command may be looking into it.</summary>
    private const int Tries = 20;

    private const int MillisecondsBetweenTries = 50;

    private readonly string folder;
    private readonly FileStream held;
    private readonly SampledFile sampled;

    private JobFolder(string folder, FileStream held, SampledFile sampled, JobState state)
    {
        (this.folder, this.held, this.sampled) = (folder, held, sampled);
        State = state;
    }

    /// <summary>How far the job had come when the folder was opened.</summary>
    public JobState State { get; }

    /// <summary>Begins a job in a folder that is new or empty, or goes on with the job that stands there.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="checkpoint">The model.</param>
    /// <param name="type">The element type that it runs in.</param>
    /// <param name="job">The job.</param>
    /// <param name="first">The placement that it begins with; of no account where it goes on, but for its ranks.</param>
    /// <param name="nodes">Nodes that its ranks stand on; null where nothing says so.</param>
    /// <exception cref="InputException">
    /// Something else stands there, another job, or what it holds is damaged; somebody else holds it; it cannot be written.
    /// </exception>
    public static JobFolder Open(string folder, Checkpoint checkpoint, ScalarType type, Job job, ExpertPlacement first, int? nodes = null)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(first);
        var faults = new InputFaults(folder);
        var identity = JobIdentity.Of(checkpoint, type, job);
        var found = Read(folder, identity, job, first.Ranks, nodes, faults);
        faults.ThrowIfAny();
        FileStream? held = null;
        SampledFile? sampled = null;
        try
        {
            Directory.CreateDirectory(folder);
            held = Hold(folder);
            if (found is null)
            {
                // Last comes the file that makes it a job.
                EpochFiles.Write(EpochsOf(folder), new Epoch(0, first));
                OutputFile.Write(IdentityOf(folder), stream => JsonSerializer.Serialize(stream, identity, StrictJson.Options));
            }
            sampled = new SampledFile(SampledOf(folder), job);
            return new JobFolder(folder, held, sampled, new JobState(EpochFiles.Read(EpochsOf(folder))!, sampled.Sampled));
        }
        catch (Exception e)
        {
            sampled?.Dispose();
            held?.Dispose();
            if (e is UnauthorizedAccessException or IOException)
                throw new InputException(folder, "folder", e.Message, "a folder that can be written and that no other run holds");
            throw;
        }
    }

    /// <summary>Looks into a folder without holding it, and notes all that keeps a job from running there.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="checkpoint">The model.</param>
    /// <param name="type">The element type that it runs in.</param>
    /// <param name="job">The job.</param>
    /// <param name="ranks">Ranks that shall run it.</param>
    /// <param name="nodes">Nodes that they stand on; null where nothing says so.</param>
    /// <param name="asked">
    /// The placement that is asked for: the one of record, or the one that the job began with, so that the same command line goes on; null for none.
    /// </param>
    /// <param name="faults">Where to note it.</param>
    /// <returns>How far the job has come; null where it has not begun, or where something was noted.</returns>
    public static JobState? Look(
        string folder, Checkpoint checkpoint, ScalarType type, Job job, int ranks, int? nodes, ExpertPlacement? asked, InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(
            job.Prompts.All(prompt => prompt.NewTokens > 0), "--job", folder, "a job that samples after every prompt; see --new-tokens");
        faults.Require(
            checkpoint.Config.OtherGate is not { NeedsWholeBatch: true }, "--job", folder,
            $"not for {checkpoint.Config.Name}: what its gate picks for a token depends on all tokens of a step, which a restart changes");
        var own = new InputFaults(folder);
        try
        {
            var found = Read(folder, JobIdentity.Of(checkpoint, type, job), job, ranks, nodes, own);
            if (found is not null && asked is not null && asked.Ranks == ranks && !asked.Equals(found.Epoch.Placement))
                own.Require(
                    asked.Equals(EpochFiles.First(EpochsOf(folder))), "--placement", "another placement",
                    $"none, or that of epoch {found.Epoch.Number}, which is in force; to change it, use `moeplace apply` while the job runs");
            using var free = found is null ? null : new FileStream(LockOf(folder), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            faults.AddRange(own.ToImmutable());
            return own.Any ? null : found;
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            faults.Add("--job", folder, $"a folder that can be written and that no other run holds ({e.Message})");
        }
        return null;
    }

    /// <summary>Puts an epoch on record, whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Record(Epoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        try
        {
            EpochFiles.Write(EpochsOf(folder), epoch);
        }
        catch (InputException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Puts on record what a step sampled.</summary>
    /// <param name="epoch">The number of the epoch that the step ran on.</param>
    /// <param name="ids">By sequence; nothing is written where there is none.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Append(int epoch, ReadOnlySpan<SampledId> ids) => sampled.Append(epoch, ids);

    /// <inheritdoc/>
    public void Dispose()
    {
        sampled.Dispose();
        held.Dispose();
    }

    private static string IdentityOf(string folder) => Path.Combine(folder, "job.json");

    private static string EpochsOf(string folder) => Path.Combine(folder, "epochs");

    private static string SampledOf(string folder) => Path.Combine(folder, "sampled.ids");

    private static string LockOf(string folder) => Path.Combine(folder, "lock");

    private static FileStream Hold(string folder)
    {
        for (var left = Tries; ; left--)
            try
            {
                return new FileStream(LockOf(folder), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException) when (left > 1)
            {
                Thread.Sleep(MillisecondsBetweenTries);
            }
    }

    private static JobState? Read(string folder, JobIdentity identity, Job job, int ranks, int? nodes, InputFaults faults)
    {
        if (!File.Exists(IdentityOf(folder)))
        {
            // A start that was cut off leaves less than a job.
            string[] ours = [EpochsOf(folder), LockOf(folder)];
            var others = Directory.Exists(folder)
                && Directory.EnumerateFileSystemEntries(folder).Any(entry => !ours.Contains(entry) && Path.GetExtension(entry) != ".part");
            faults.Require(!File.Exists(folder) && !others, "--job", folder, "a new or empty folder, or one that holds a job");
            return null;
        }
        StrictJson.Read<JobIdentity>(IdentityOf(folder), JobIdentity.FormatName).RequireSame(identity, faults);
        if (faults.Any)
            return null;
        var epoch = EpochFiles.Read(EpochsOf(folder));
        if (!faults.Require(epoch is not null, "epochs", null, "the placement that the job began with"))
            return null;
        faults.Require(
            epoch!.Placement.Ranks == ranks, "ranks", ranks,
            $"{epoch.Placement.Ranks}, those of the placement in force; see --ranks and --virtual-ranks");
        faults.Require(
            nodes is null || epoch.Placement.Nodes == nodes, "nodes", nodes,
            $"{epoch.Placement.Nodes}, those of the placement in force; see --emulate-nodes");
        return new JobState(epoch, SampledFile.Read(SampledOf(folder), job));
    }
}
