using System.Globalization;
using System.Text.Json;
using MoEPlace.Service.Applies;
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

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => queue.DisposeAsync();

    private async Task DecideAsync(LiveJob job, int number, DecisionTrigger trigger, bool simulate, string by, CancellationToken cancellation)
    {
        var path = Path.Combine(parts.Scratch, string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid():N}.safetensors"));
        try
        {
            await MakeAsync(job, number, trigger, simulate, by, path, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next asking, or the next drift, takes it up again.
            job.AlarmIsAnswered = false;
            await TellFailureAsync(Event(job, "failed", $"decision {number}: {e.Message}"), cancellation).ConfigureAwait(false);
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
        if (job.Snapshot(path, number) is not { } now)
            throw new ConflictException("no routing has come yet");
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
        if (decision.Verdict == Verdict.Apply && trigger == DecisionTrigger.Drift && job.Policy.Mode == LoopMode.Automatic)
            await ApplyAsync(job, number, record.Epoch, cancellation).ConfigureAwait(false);
    }

    private async Task TellDriftAsync(LiveJob job, Drift.DriftReading drift, CancellationToken cancellation)
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
