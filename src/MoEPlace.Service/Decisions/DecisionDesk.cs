using System.Globalization;
using System.Text.Json;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Drift;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Decisions;

/// <summary>Takes decisions up, has them made apart, puts them on record with all that they were made of, and does what the policy says.</summary>
/// <param name="state">The record.</param>
/// <param name="parts">What makes decisions.</param>
/// <param name="applies">What applies them.</param>
/// <param name="lead">The term of this instance.</param>
/// <param name="tell">Told of every event that is on record.</param>
/// <param name="holds">Whether a job is still there; asked in its turn.</param>
internal sealed class DecisionDesk(
    StateStore state,
    ServiceParts parts,
    ApplyDesk applies,
    Func<Term> lead,
    Action<ServiceEvent> tell,
    Func<LiveJob, bool> holds) : IAsyncDisposable
{
    // As long as the horizon of a policy by default: a later plan is too late for what it gains, and those of other jobs wait meanwhile.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private readonly DecisionQueue queue = new();

    private DateTimeOffset Now => parts.Time.GetUtcNow();

    /// <summary>Takes a decision up.</summary>
    /// <returns>Its number, or that of the one that is being made; null when too many wait.</returns>
    internal int? Begin(LiveJob job, DecisionTrigger trigger, bool simulate, string by)
    {
        lock (job)
        {
            if (job.IsPlanning)
                return job.Decision;
            var number = job.Decision + 1;
            if (!queue.TryAdd(cancellation => DecideAsync(job, number, trigger, simulate, by, cancellation)))
                return null;
            (job.Decision, job.IsPlanning, job.AlarmIsAnswered) = (number, true, trigger == DecisionTrigger.Drift || job.AlarmIsAnswered);
            return number;
        }
    }

    /// <summary>Traffic drifted, and there is enough of the new one.</summary>
    internal void OnDrift(LiveJob job) => Begin(job, DecisionTrigger.Drift, job.Policy.Simulate, "policy");

    /// <summary>Applies what an earlier leader decided because of a drift, and was lost before it began; in turn.</summary>
    /// <param name="term">That of this leader.</param>
    /// <param name="job">The job.</param>
    /// <param name="last">Its last decision.</param>
    /// <param name="cancellation">Gives it up.</param>
    internal async Task OnTakenOverAsync(Term term, LiveJob job, DecisionRow last, CancellationToken cancellation)
    {
        var decision = last.Decision;
        var isBegun = job.Apply is { } apply && (!apply.IsOver || apply.Decision == last.Number || apply.ChangedAt >= last.At);
        if (isBegun || decision.From != job.Record.Placement || !IsForPolicy(job, decision.Trigger, decision.Verdict))
            return;
        try
        {
            await applies.BeginAsync(term, job, last.Number, "policy", cancellation).ConfigureAwait(false);
        }
        catch (ConflictException)
        {
            // The job does not take it as it stands: the next drift decides anew.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => queue.DisposeAsync();

    private async Task DecideAsync(LiveJob job, int number, DecisionTrigger trigger, bool simulate, string by, CancellationToken cancellation)
    {
        var path = Path.Combine(parts.Scratch, string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid():N}.safetensors"));
        using var limit = new CancellationTokenSource(Longest, parts.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellation, job.Gone.Token, limit.Token);
        try
        {
            await MakeAsync(job, number, trigger, simulate, by, path, any.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || job.Gone.IsCancellationRequested)
        {
            // Nobody waits for it.
        }
        catch (Exception e)
        {
            // The next asking takes it up again, or the drift after a while.
            job.Rest();
            var why = limit.IsCancellationRequested ? $"it took longer than {Longest.TotalMinutes:0} min" : e.Message;
            await TellFailureAsync(Event(job, "failed", $"decision {number}: {why}"), cancellation).ConfigureAwait(false);
        }
        finally
        {
            job.IsPlanning = false;
            File.Delete(path);
        }
    }

    private async Task TellFailureAsync(ServiceEvent e, CancellationToken cancellation)
    {
        try
        {
            await state.AddEventsAsync(lead(), [e], cancellation).ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is IOException or LeadershipLostException)
        {
            // Then it is told to those who listen alone.
        }
        tell(e);
    }

    private async Task MakeAsync(
        LiveJob job, int number, DecisionTrigger trigger, bool simulate, string by, string path, CancellationToken cancellation)
    {
        var (record, placement) = (job.Record, job.Placement);
        if (placement.Digest != record.Placement)
            throw new ConflictException("what is in force is not known, between waves");
        var now = Write(job, number, path);
        if (trigger == DecisionTrigger.Drift)
            await TellDriftAsync(job, now.Drift, cancellation).ConfigureAwait(false);
        using var content = JsonDocument.Parse(ExpertPlacementFile.ToJson(placement));
        var input = new DecisionInput(
            DecisionInput.FormatName, job.Spec.Name, number, trigger, job.Spec.Model, job.Spec.Cluster, job.Policy, content.RootElement.Clone(), record.Epoch,
            now.FromCounts, now.Drift, now.StepSeconds, now.TokensSinceApply, simulate, number);
        var decision = await parts.Worker(input, path, cancellation).ConfigureAwait(false);
        var file = DecisionRecord.Pack(input, await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false), decision);
        var e = Event(job, "decided", $"decision {number}, asked by {by}: {(decision.Verdict == Verdict.Apply ? "apply" : "keep")}: {decision.Reasons[0]}");
        await job.Turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Of a job that was removed meanwhile nothing is kept: another may have its name.
            if (!holds(job))
                return;
            await state.AddDecisionAsync(lead(), decision, Now, file, [e], cancellation).ConfigureAwait(false);
        }
        finally
        {
            job.Turn.Release();
        }
        tell(e);
        if (decision.Verdict == Verdict.Keep && trigger == DecisionTrigger.Drift)
            job.Rebase();
        if (IsForPolicy(job, trigger, decision.Verdict))
            await ApplyAsync(job, number, record.Epoch, cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes the window as a trace; nothing of it stays in memory.</summary>
    private static (DriftReading Drift, bool FromCounts, long? TokensSinceApply, double? StepSeconds) Write(
        LiveJob job, int number, string path)
    {
        var (window, drift, since, step) = job.Snapshot() ?? throw new ConflictException("no routing has come yet");
        window.WriteTrace(path, job.Spec.Name, number);
        return (drift, window.IsOfCounts, since, step);
    }

    private static bool IsForPolicy(LiveJob job, DecisionTrigger trigger, Verdict verdict) =>
        verdict == Verdict.Apply && trigger == DecisionTrigger.Drift && job.Policy.Mode == LoopMode.Automatic;

    private async Task TellDriftAsync(LiveJob job, DriftReading drift, CancellationToken cancellation)
    {
        var e = Event(job, "drift", string.Create(
            CultureInfo.InvariantCulture,
            $"load {drift.Load:0.00} and affinity {drift.Affinity:0.00} of what raises an alarm, seen {drift.AlarmAt} tokens after the reference"));
        await state.AddEventsAsync(lead(), [e], cancellation).ConfigureAwait(false);
        tell(e);
    }

    private async Task ApplyAsync(LiveJob job, int number, int epoch, CancellationToken cancellation)
    {
        await job.Turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (holds(job) && job.Record.Epoch == epoch && !job.IsApplying)
                await applies.BeginAsync(lead(), job, number, "policy", cancellation).ConfigureAwait(false);
        }
        finally
        {
            job.Turn.Release();
        }
    }

    private ServiceEvent Event(LiveJob job, string kind, string text) => new(0, Now, job.Spec.Name, kind, text);
}
