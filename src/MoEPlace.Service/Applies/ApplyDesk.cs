using System.Collections.Concurrent;
using System.Text.Json;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Applies;

/// <summary>Begins applies, takes what jobs tell of them, and tells what is wished. All of a job in turn.</summary>
internal sealed class ApplyDesk : IAsyncDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private readonly StateStore state;
    private readonly ServiceParts parts;
    private readonly WebhookCourier webhooks;
    private readonly ApplyBook book;
    private readonly Func<Term> lead;
    private readonly Action<ServiceEvent> tell;
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<(LiveJob Job, JobWish Wish), Task> telling = new();

    internal ApplyDesk(StateStore state, ServiceParts parts, WebhookCourier webhooks, Func<Term> lead, Action<ServiceEvent> tell)
    {
        (this.state, this.parts, this.webhooks, this.lead, this.tell) = (state, parts, webhooks, lead, tell);
        book = new ApplyBook(state, parts.Time, parts.Drill, tell);
    }

    private DateTimeOffset Now => parts.Time.GetUtcNow();

    /// <summary>Applies the plan of a decision.</summary>
    internal async Task<Apply> BeginAsync(Term term, LiveJob job, int decision, string by, CancellationToken cancellation)
    {
        await book.RefreshAsync(job, cancellation).ConfigureAwait(false);
        var name = job.Spec.Name;
        var row = await state.DecisionAsync(name, decision, cancellation).ConfigureAwait(false)
            ?? throw new JobNotFoundException($"{name} has no decision {decision}");
        var to = row.Decision.Digest ?? throw new ConflictException($"decision {decision} found no better placement");
        // A promise was made from what was in force then.
        var promised = job.Apply is { } last && last.ChangedAt >= row.At ? null : row.Decision.PromisedSeconds;
        return await BeginAsync(term, job, decision, by, to, promised, $"decision {decision}, by {by}", cancellation).ConfigureAwait(false);
    }

    /// <summary>Goes back.</summary>
    internal async Task<Apply> RollBackAsync(Term term, LiveJob job, string by, CancellationToken cancellation)
    {
        await book.RefreshAsync(job, cancellation).ConfigureAwait(false);
        // Asked for twice, a roll back is one.
        if (job.Apply is { IsOver: false, Decision: 0 } back)
            return back;
        if (job.Apply is { IsOver: false } apply)
        {
            var after = ApplySteps.OnRollBack(apply, by, Now);
            return ReferenceEquals(after, apply) ? apply : Told(job, await book.ChangeAsync(term, job, after, job.Record, cancellation).ConfigureAwait(false));
        }
        var to = job.Record.Before ?? throw new ConflictException($"{job.Spec.Name} has had no placement before");
        return await BeginAsync(term, job, 0, by, to, null, $"roll back, by {by}", cancellation).ConfigureAwait(false);
    }

    /// <summary>Takes a report; null for one that is older than what is known.</summary>
    /// <returns>What is wished.</returns>
    internal async Task<JobWish?> OnReportAsync(Term term, LiveJob job, JobReport? report, CancellationToken cancellation)
    {
        await book.RefreshAsync(job, cancellation).ConfigureAwait(false);
        if (report is not null)
            await TakeAsync(term, job, report, cancellation).ConfigureAwait(false);
        return job.Apply is { IsOver: false } now ? ApplySteps.Wish(now) : null;
    }

    /// <summary>What an engine other than ours tells.</summary>
    internal async Task<Apply> ToldAsync(Term term, LiveJob job, int number, EngineOutcome outcome, CancellationToken cancellation)
    {
        await book.RefreshAsync(job, cancellation).ConfigureAwait(false);
        if (job.Spec.Engine == JobEngine.Moeplace)
            throw new ConflictException($"{job.Spec.Name} tells reports and not outcomes");
        if (job.Apply is not { } apply || apply.Number != number)
            throw new JobNotFoundException($"{job.Spec.Name} has no apply {number} of which an outcome is awaited");
        if (outcome.Attempt < 1 || outcome.Attempt > apply.Attempt)
            throw new JobNotFoundException($"apply {number} of {job.Spec.Name} has no attempt {outcome.Attempt}");
        if (apply.IsOver || outcome.Attempt != apply.Attempt)
            return await ToldLateAsync(term, job, apply, outcome, cancellation).ConfigureAwait(false);
        var wished = ApplySteps.Wish(apply)?.Placement ?? job.Record.Placement;
        var (epoch, placement) = outcome.Done ? (job.Record.Epoch + 1, wished) : (job.Record.Epoch, job.Record.Placement);
        var report = new JobReport(
            0, epoch, placement, outcome.Done ? JobAnswer.Done : JobAnswer.GivenUp, number, apply.Attempt, outcome.Reason, 0, 0, null, 0, 0, [], [], []);
        var record = job.Record with { Epoch = epoch, Placement = placement };
        // An engine that does not say how fast it is is held to nothing.
        var seconds = outcome.StepSeconds ?? apply.SecondsPromised ?? 0;
        for (var i = 0; i < 2 && !apply.IsOver; i++)
        {
            var after = ApplySteps.OnReport(apply, report, job.Policy, seconds, Now);
            if (ReferenceEquals(after, apply))
                break;
            if (after.SecondsAfter is not null)
                after = after with { SecondsAfter = outcome.StepSeconds };
            apply = Told(job, await book.ChangeAsync(term, job, after, record, cancellation).ConfigureAwait(false));
        }
        return apply;
    }

    /// <summary>Looks whether an apply was heard of, and tells what a webhook did not take.</summary>
    internal async Task OnSilenceAsync(Term term, LiveJob job, CancellationToken cancellation)
    {
        await book.RefreshAsync(job, cancellation).ConfigureAwait(false);
        if (job.Apply is not { IsOver: false } apply)
            return;
        // Before this leader listened, nobody can know whether there was silence. That an engine routes tells nothing of its restart.
        var ours = job.Spec.Engine == JobEngine.Moeplace;
        var heard = (ours ? job.HeardAt : null) ?? job.HeldSince;
        var since = Now - (heard > apply.ChangedAt ? heard : apply.ChangedAt);
        var limit = ours ? ApplySteps.SilenceLimit : ApplySteps.OutcomeLimit;
        var after = since < Silence ? apply : ApplySteps.OnSilence(apply, since, limit, Now);
        if (!ReferenceEquals(after, apply))
            after = await book.ChangeAsync(term, job, after, job.Record, cancellation).ConfigureAwait(false);
        Told(job, after);
    }

    /// <summary>Goes on with what an earlier leader left.</summary>
    internal void OnTakenOver(LiveJob job)
    {
        if (job.Apply is { IsOver: false } apply)
            Told(job, apply);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(telling.Values).ConfigureAwait(false);
        ending.Dispose();
    }

    /// <summary>An outcome that no longer decides anything, but may tell what the engine serves.</summary>
    private async Task<Apply> ToldLateAsync(Term term, LiveJob job, Apply apply, EngineOutcome outcome, CancellationToken cancellation)
    {
        var placement = ApplySteps.WishedBy(apply, outcome.Attempt);
        // An apply that did not fail ended by what is in force.
        if (!outcome.Done || placement == job.Record.Placement || apply is { IsOver: true, Phase: not ApplyPhase.Failed })
            return apply;
        var record = job.Record with { Epoch = job.Record.Epoch + 1, Placement = placement };
        if (!apply.IsOver)
        {
            var after = apply with { Epoch = record.Epoch, InForce = placement, Version = apply.Version + 1, ChangedAt = Now };
            return await book.ChangeAsync(term, job, after, record, cancellation).ConfigureAwait(false);
        }
        await book.ChangeAsync(term, job, record, cancellation).ConfigureAwait(false);
        return apply;
    }

    private async Task TakeAsync(Term term, LiveJob job, JobReport report, CancellationToken cancellation)
    {
        var record = job.Record with { Epoch = report.Epoch, Placement = report.Placement };
        if (job.Apply is { IsOver: false } apply)
        {
            var after = ApplySteps.OnReport(apply, report, job.Policy, job.VerifiedSeconds, Now);
            if (!ReferenceEquals(after, apply))
            {
                await book.ChangeAsync(term, job, after, record, cancellation).ConfigureAwait(false);
                return;
            }
        }
        if (record != job.Record)
            await book.ChangeAsync(term, job, record, cancellation).ConfigureAwait(false);
        // Somebody else has applied it, or a way ended between waves.
        if (job.Placement.Digest != job.Record.Placement && !job.IsApplying)
            throw new ConflictException("the service does not know the placement that is in force: register the job again with it");
    }

    private async Task<Apply> BeginAsync(
        Term term, LiveJob job, int decision, string by, string to, double? promised, string reason, CancellationToken cancellation)
    {
        var record = job.Record;
        if (to == record.Placement)
            throw new ConflictException("that placement is in force already");
        var now = Now;
        var apply = new Apply(
            job.Spec.Name, (job.Apply?.Number ?? 0) + 1, decision, by, record.Placement, to, record.Epoch, ApplyPhase.Asked, 1, 1, job.Policy.BytesPerStep,
            job.StepSeconds, promised, null, null, record.Epoch, record.Placement, reason, now, now);
        return Told(job, await book.BeginAsync(term, job, apply, cancellation).ConfigureAwait(false));
    }

    /// <summary>Engines other than ours are told of what is wished: until they take it, and by each leader anew. In turn.</summary>
    private Apply Told(LiveJob job, Apply apply)
    {
        if (job.Spec.Webhook is not { } hook || ApplySteps.Wish(apply) is not { } wish || wish == job.TakenWish)
            return apply;
        foreach (var over in telling.Where(one => one.Value.IsCompleted))
            telling.TryRemove(over.Key, out _);
        telling.GetOrAdd((job, wish), _ => Task.Run(() => TellAsync(job, hook, apply, wish)));
        return apply;
    }

    private async Task TellAsync(LiveJob job, string hook, Apply apply, JobWish wish)
    {
        var (name, at) = (apply.Job, $"api/jobs/{apply.Job}");
        var told = new EngineWish(
            name, job.Spec.Engine, apply.Number, wish.Attempt, wish.Placement, $"{at}/placements/{wish.Placement}/map", $"{at}/applies/{apply.Number}/outcome",
            apply.Reason, apply.BeganAt);
        try
        {
            var why = await webhooks.TellAsync(hook, told, ending.Token).ConfigureAwait(false);
            var isNews = why is null || wish != job.MissedWish;
            if (why is null)
                job.TakenWish = wish;
            else
                job.MissedWish = wish;
            if (!isNews)
                return;
            var e = new ServiceEvent(
                0, Now, name, "told",
                why is null ? $"webhook {hook} took apply {apply.Number}, attempt {wish.Attempt}" : $"webhook {hook} did not take apply {apply.Number}: {why}",
                JsonSerializer.SerializeToElement(told, StrictJson.OneLine));
            await state.AddEventsAsync(lead(), [e], ending.Token).ConfigureAwait(false);
            tell(e);
        }
        catch (Exception e) when (e is IOException or LeadershipLostException)
        {
            // What the webhook did with it comes as an outcome, to whoever leads.
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Whoever leads next tells it again.
        }
    }
}
