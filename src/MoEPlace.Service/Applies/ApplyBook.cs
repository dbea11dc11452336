using System.Text.Json;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Applies;

/// <summary>Puts the states of applies on record, and adopts what is there.</summary>
/// <param name="state">The record.</param>
/// <param name="time">The clock.</param>
/// <param name="drill">Faults on purpose; null for none.</param>
/// <param name="told">Told of every event that is on record.</param>
internal sealed class ApplyBook(StateStore state, TimeProvider time, ServiceDrill? drill, Action<ServiceEvent> told)
{
    /// <summary>Begins an apply; in turn.</summary>
    /// <exception cref="ConflictException">Another is under way.</exception>
    internal async Task<Apply> BeginAsync(Term term, LiveJob job, Apply apply, CancellationToken cancellation)
    {
        var e = EventOf(apply);
        job.IsStale = true;
        if (drill is not null)
            await drill.BeforeAsync(apply.Phase).ConfigureAwait(false);
        if (!await state.BeginApplyAsync(term, apply, [e], cancellation).ConfigureAwait(false))
            throw new ConflictException($"an apply of {apply.Job} is under way");
        if (drill is not null)
            await drill.AfterAsync(apply.Phase).ConfigureAwait(false);
        job.Adopt(job.Record, apply, null);
        job.IsStale = false;
        told(e);
        return apply;
    }

    /// <summary>Puts another state on record, with what the job says is in force; in turn.</summary>
    /// <returns>What is on record now.</returns>
    internal async Task<Apply> ChangeAsync(Term term, LiveJob job, Apply after, JobRecord record, CancellationToken cancellation)
    {
        var (before, e) = (job.Apply!, EventOf(after));
        var turns = after.Phase != before.Phase;
        if (turns && after.Phase == ApplyPhase.Kept)
            record = record with { Before = after.From };
        job.IsStale = true;
        if (turns && drill is not null)
            await drill.BeforeAsync(after.Phase).ConfigureAwait(false);
        var written = await state.ChangeApplyAsync(term, after, record, [e], cancellation).ConfigureAwait(false);
        if (turns && drill is not null)
            await drill.AfterAsync(after.Phase).ConfigureAwait(false);
        if (!written)
        {
            await ReadAgainAsync(job, cancellation).ConfigureAwait(false);
            return job.Apply!;
        }
        job.Adopt(record, after, await KnownAsync(job, record, cancellation).ConfigureAwait(false));
        job.IsStale = false;
        told(e);
        return after;
    }

    /// <summary>Puts on record what the job says is in force; in turn.</summary>
    internal async Task ChangeAsync(Term term, LiveJob job, JobRecord record, CancellationToken cancellation)
    {
        job.IsStale = true;
        await state.PutJobAsync(term, record, [], cancellation).ConfigureAwait(false);
        job.Adopt(record, job.Apply, await KnownAsync(job, record, cancellation).ConfigureAwait(false));
        job.IsStale = false;
    }

    /// <summary>Reads the record of a job again where a write may have happened that nobody told of; in turn.</summary>
    internal async Task RefreshAsync(LiveJob job, CancellationToken cancellation)
    {
        if (job.IsStale)
            await ReadAgainAsync(job, cancellation).ConfigureAwait(false);
    }

    private async Task ReadAgainAsync(LiveJob job, CancellationToken cancellation)
    {
        var applies = await state.AppliesAsync(job.Spec.Name, 1, cancellation).ConfigureAwait(false);
        var record = (await state.JobsAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(one => one.Spec.Name == job.Spec.Name);
        job.Adopt(
            record ?? job.Record, applies.Count == 0 ? null : applies[0], await KnownAsync(job, record ?? job.Record, cancellation).ConfigureAwait(false));
        job.IsStale = false;
    }

    /// <summary>The placement that a record names; null where it is not known, between waves.</summary>
    private async Task<ExpertPlacement?> KnownAsync(LiveJob job, JobRecord record, CancellationToken cancellation)
    {
        if (record.Placement == job.Placement.Digest)
            return null;
        var json = await state.PlacementAsync(job.Spec.Name, record.Placement, cancellation).ConfigureAwait(false);
        return json is null ? null : ExpertPlacementFile.Parse(json, "placement");
    }

    private ServiceEvent EventOf(Apply apply) => new(
        0, time.GetUtcNow(), apply.Job, JsonNamingPolicy.KebabCaseLower.ConvertName(apply.Phase.ToString()),
        $"apply {apply.Number}: {apply.Reason}", JsonSerializer.SerializeToElement(apply, StrictJson.OneLine));
}
