using System.Collections.Concurrent;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.Routing;
using MoEPlace.Service.State;

namespace MoEPlace.Service;

/// <summary>
/// The service without its wire: jobs, their routing, decisions and applies. Every method of jobs throws
/// <see cref="LeadershipLostException"/> where another instance leads, <see cref="JobNotFoundException"/> for a job that is not there,
/// <see cref="ConflictException"/> where the job does not take it as it stands, <see cref="InputException"/> with every fault, and
/// <see cref="IOException"/> where the database does not answer.
/// </summary>
public sealed class PlacementService : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, LiveJob> jobs = new(StringComparer.Ordinal);
    private readonly ServiceParts parts;
    private readonly DecisionDesk decisions;
    private readonly ApplyDesk applies;
    private readonly WebhookCourier webhooks;
    private readonly Leadership leadership;
    private readonly ITimer silence;

    // Whoever adds a job waits for it: what is in memory is what is on record, and no more jobs than may be.
    private readonly SemaphoreSlim registration = new(1, 1);

    private PlacementService(StateStore state, ServiceParts parts, WebhookCourier webhooks)
    {
        (State, this.parts, this.webhooks) = (state, parts, webhooks);
        applies = new ApplyDesk(state, parts, webhooks, Lead, Tell);
        decisions = new DecisionDesk(state, parts, applies, Lead, Tell, Holds);
        leadership = new Leadership(
            state, parts.Holder, LoadAsync, Forget, e => Tell(Event("", "failed", $"the lead could not be kept or taken: {e.Message}")));
        silence = parts.Time.CreateTimer(_ => _ = LookAtSilenceAsync(), null, BetweenLooks, BetweenLooks);
    }

    /// <summary>
    /// Told when something is on record, for whoever waits: its <see cref="ServiceEvent.Sequence"/> is 0 here, the record knows it
    /// (<see cref="StateStore.EventsAsync"/>). Quick and without exceptions.
    /// </summary>
    public event Action<ServiceEvent>? Happened;

    /// <summary>Whether this instance leads.</summary>
    public bool Leads => leadership.Term is not null;

    /// <summary>What is on record.</summary>
    public StateStore State { get; }

    /// <summary>Begins. The state stays its owner's.</summary>
    /// <param name="state">The record.</param>
    /// <param name="parts">What else it is made of.</param>
    /// <exception cref="InputException">A webhook's secret cannot be read, or the scratch folder cannot be made; every fault is told.</exception>
    public static PlacementService Start(StateStore state, ServiceParts parts)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(parts);
        var webhooks = new WebhookCourier(parts.Options);
        try
        {
            Directory.CreateDirectory(parts.Scratch);
            foreach (var left in Directory.EnumerateFiles(parts.Scratch))
                File.Delete(left);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            webhooks.Dispose();
            throw new InputException(parts.Scratch, "folder", e.Message, "a folder that can be written");
        }
        return new PlacementService(state, parts, webhooks);
    }

    /// <summary>Registers a job; one of the same name, model, cluster and engine goes on as it is.</summary>
    public async Task<JobView> RegisterAsync(JobSpec spec, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(spec);
        Lead();
        var placement = spec.Check(webhooks.Names);
        await registration.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return jobs.TryGetValue(spec.Name, out var known)
                ? await GoOnAsync(known, spec, placement, cancellation).ConfigureAwait(false)
                : await AddAsync(spec, placement, cancellation).ConfigureAwait(false);
        }
        finally
        {
            registration.Release();
        }
    }

    /// <summary>Removes a job.</summary>
    public async Task RemoveAsync(string job, string by, CancellationToken cancellation)
    {
        Lead();
        var live = Find(job);
        var e = Event(job, "removed", $"by {by}");
        await TakeTurnAsync(live, cancellation).ConfigureAwait(false);
        try
        {
            if (live.IsApplying)
                throw new ConflictException($"apply {live.Apply!.Number} of {job} is under way: roll it back, or wait for its end");
            await State.RemoveJobAsync(Lead(), job, [e], cancellation).ConfigureAwait(false);
            jobs.TryRemove(job, out _);
            await live.Gone.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            live.Turn.Release();
        }
        Tell(e);
    }

    /// <summary>All jobs, by name.</summary>
    public IReadOnlyList<JobView> Jobs()
    {
        Lead();
        return [.. jobs.OrderBy(job => job.Key, StringComparer.Ordinal).Select(job => job.Value.View)];
    }

    /// <summary>A job.</summary>
    public JobView Job(string job)
    {
        Lead();
        return Find(job).View;
    }

    /// <summary>The model and the ranks of a job, to read frames by.</summary>
    public (MoEModel Model, int Ranks) ShapeOf(string job)
    {
        Lead();
        var spec = Find(job).Spec;
        return (spec.Model, spec.Cluster.Ranks);
    }

    /// <summary>Takes rows; looked at before it returns, so that who sends faster than they can be looked at waits.</summary>
    public ValueTask TakeAsync(string job, RoutedRows rows, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(rows);
        cancellation.ThrowIfCancellationRequested();
        Lead();
        var live = Find(job);
        if (live.Take(rows))
            decisions.OnDrift(live);
        return ValueTask.CompletedTask;
    }

    /// <summary>Takes counts; looked at before it returns.</summary>
    public void Take(string job, long tokens, ReadOnlySpan<int> counts)
    {
        Lead();
        var live = Find(job);
        if (live.Take(tokens, counts))
            decisions.OnDrift(live);
    }

    /// <summary>Takes a report.</summary>
    public async Task<ReportReply> ReportAsync(string job, JobReport report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(report);
        report.Check();
        Lead();
        var live = Find(job);
        if (live.Spec.Engine != JobEngine.Moeplace)
            throw new ConflictException($"{job} is run by another engine, which tells outcomes and not reports");
        var news = live.Take(report);
        await TakeTurnAsync(live, cancellation).ConfigureAwait(false);
        try
        {
            return new ReportReply(await applies.OnReportAsync(Lead(), live, news ? report : null, cancellation).ConfigureAwait(false));
        }
        finally
        {
            live.Turn.Release();
        }
    }

    /// <summary>Has a decision made; returns its number at once.</summary>
    /// <param name="job">The job.</param>
    /// <param name="simulate">Whether the simulator is asked as well.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellation">Gives it up.</param>
    public async Task<int> PlanAsync(string job, bool simulate, string by, CancellationToken cancellation)
    {
        Lead();
        var live = Find(job);
        await TakeTurnAsync(live, cancellation).ConfigureAwait(false);
        try
        {
            return decisions.Begin(live, DecisionTrigger.Asked, simulate, by) ?? throw new ConflictException("too many decisions wait already; ask later");
        }
        finally
        {
            live.Turn.Release();
        }
    }

    /// <summary>Applies the plan of a decision.</summary>
    public async Task<Apply> ApplyAsync(string job, int decision, string by, CancellationToken cancellation)
    {
        Lead();
        var live = Find(job);
        await TakeTurnAsync(live, cancellation).ConfigureAwait(false);
        try
        {
            return await applies.BeginAsync(Lead(), live, decision, by, cancellation).ConfigureAwait(false);
        }
        finally
        {
            live.Turn.Release();
        }
    }

    /// <summary>Goes back to the placement before: turns an apply that is under way, or begins one back.</summary>
    public async Task<Apply> RollBackAsync(string job, string by, CancellationToken cancellation)
    {
        Lead();
        var live = Find(job);
        await TakeTurnAsync(live, cancellation).ConfigureAwait(false);
        try
        {
            return await applies.RollBackAsync(Lead(), live, by, cancellation).ConfigureAwait(false);
        }
        finally
        {
            live.Turn.Release();
        }
    }

    /// <summary>What an engine other than ours tells of an apply.</summary>
    public async Task<Apply> ToldAsync(string job, int apply, EngineOutcome outcome, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        Lead();
        var live = Find(job);
        await TakeTurnAsync(live, cancellation).ConfigureAwait(false);
        try
        {
            return await applies.ToldAsync(Lead(), live, apply, outcome, cancellation).ConfigureAwait(false);
        }
        finally
        {
            live.Turn.Release();
        }
    }

    /// <summary>The map of a placement for the engine of the job: its file.</summary>
    public async Task<byte[]> EngineMapAsync(string job, string digest, CancellationToken cancellation)
    {
        Lead();
        var live = Find(job);
        var json = await State.PlacementAsync(job, digest, cancellation).ConfigureAwait(false) ?? throw new JobNotFoundException($"{job} has no such placement");
        return EngineMap.Of(live.Spec.Engine, ExpertPlacementFile.Parse(json, "placement"), parts.Scratch);
    }

    /// <summary>The latest samples of a job, oldest first.</summary>
    public IReadOnlyList<JobSample> History(string job)
    {
        Lead();
        return Find(job).History;
    }

    /// <summary>Load and traffic of the latest tokens under the placement in force.</summary>
    public RoutingMeasures Traffic(string job)
    {
        Lead();
        return Find(job).Traffic();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await silence.DisposeAsync().ConfigureAwait(false);
        await decisions.DisposeAsync().ConfigureAwait(false);
        await leadership.DisposeAsync().ConfigureAwait(false);
        await applies.DisposeAsync().ConfigureAwait(false);
        webhooks.Dispose();
    }

    private Term Lead() => leadership.Term ?? throw new LeadershipLostException("another instance leads, or the database is away");

    private LiveJob Find(string job) => jobs.TryGetValue(job, out var live) ? live : throw new JobNotFoundException($"there is no job {job}");

    private bool Holds(LiveJob live) => jobs.TryGetValue(live.Spec.Name, out var now) && ReferenceEquals(now, live);

    /// <summary>Waits for the turn of a job, which may be gone when it comes: then nothing of it may be written any more.</summary>
    private async Task TakeTurnAsync(LiveJob live, CancellationToken cancellation)
    {
        await live.Turn.WaitAsync(cancellation).ConfigureAwait(false);
        if (Holds(live))
            return;
        live.Turn.Release();
        Lead();
        throw new JobNotFoundException($"{live.Spec.Name} was removed");
    }

    private async Task<JobView> GoOnAsync(LiveJob known, JobSpec spec, ExpertPlacement placement, CancellationToken cancellation)
    {
        if (known.Spec.Model != spec.Model || known.Spec.Cluster != spec.Cluster || known.Spec.Engine != spec.Engine)
            throw new ConflictException(
                $"a job {spec.Name} of another model, cluster or engine is registered already; remove it or take another name");
        await TakeTurnAsync(known, cancellation).ConfigureAwait(false);
        try
        {
            // What it says that it begins with may be what the service has never seen.
            await State.PutPlacementAsync(Lead(), spec.Name, placement, cancellation).ConfigureAwait(false);
            if (placement.Digest == known.Record.Placement)
                known.Adopt(known.Record, known.Apply, placement);
            return known.View;
        }
        finally
        {
            known.Turn.Release();
        }
    }

    private async Task<JobView> AddAsync(JobSpec spec, ExpertPlacement placement, CancellationToken cancellation)
    {
        if (jobs.Count >= parts.Options.MostJobs)
            throw new ConflictException($"{jobs.Count} jobs are registered already, as many as the service takes");
        var term = Lead();
        var record = new JobRecord(spec, 0, placement.Digest, null, parts.Time.GetUtcNow());
        var e = Event(spec.Name, "registered", $"{spec.Model.Name} on {spec.Cluster.Name}, {placement.Ranks} ranks");
        await State.PutJobAsync(term, record, [e], cancellation).ConfigureAwait(false);
        await State.PutPlacementAsync(term, spec.Name, placement, cancellation).ConfigureAwait(false);
        var job = jobs.GetOrAdd(spec.Name, new LiveJob(record, placement, null, 0, parts.Time));
        Tell(e);
        return job.View;
    }

    private ServiceEvent Event(string job, string kind, string text) => new(0, parts.Time.GetUtcNow(), job, kind, text);

    private void Tell(ServiceEvent e) => Happened?.Invoke(e);

    /// <summary>Leads no more, or anew.</summary>
    private void Forget()
    {
        foreach (var job in jobs.Values)
            job.Gone.Cancel();
        jobs.Clear();
    }

    /// <summary>Takes over: what is on record is all that is needed.</summary>
    private async Task LoadAsync(Term term, CancellationToken cancellation)
    {
        Forget();
        var last = new List<DecisionRow>();
        foreach (var record in await State.JobsAsync(cancellation).ConfigureAwait(false))
        {
            var name = record.Spec.Name;
            var latest = await State.AppliesAsync(name, 1, cancellation).ConfigureAwait(false);
            var decided = await State.DecisionsAsync(name, 1, cancellation).ConfigureAwait(false);
            last.AddRange(decided);
            // Between waves what is in force is not among what is kept; then what it comes from is nearest.
            var json = await State.PlacementAsync(name, record.Placement, cancellation).ConfigureAwait(false)
                ?? (latest.Count > 0 ? await State.PlacementAsync(name, latest[0].From, cancellation).ConfigureAwait(false) : null)
                ?? record.Spec.Placement.GetRawText();
            jobs[name] = new LiveJob(
                record, ExpertPlacementFile.Parse(json, "placement"), latest.Count == 0 ? null : latest[0], decided.Count == 0 ? 0 : decided[0].Number,
                parts.Time);
        }
        var e = Event("", "leads", $"{parts.Holder} leads, term {term.Number}, {jobs.Count} jobs");
        await State.AddEventsAsync(term, [e], cancellation).ConfigureAwait(false);
        foreach (var job in jobs.Values)
            applies.OnTakenOver(job);
        foreach (var decision in last)
            await decisions.OnTakenOverAsync(term, jobs[decision.Job], decision, cancellation).ConfigureAwait(false);
        Tell(e);
    }

    private async Task LookAtSilenceAsync()
    {
        foreach (var job in jobs.Values.Where(job => job.IsApplying))
        {
            await job.Turn.WaitAsync().ConfigureAwait(false);
            try
            {
                if (leadership.Term is { } term && Holds(job))
                    await applies.OnSilenceAsync(term, job, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or LeadershipLostException)
            {
                // It is looked at again soon, by whoever leads.
            }
            finally
            {
                job.Turn.Release();
            }
        }
    }
}
