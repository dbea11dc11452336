using System.Collections.Immutable;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Drift;
using MoEPlace.Service.Routing;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Jobs;

/// <summary>What the leader holds of a job in memory: its record, its latest routing, and the picture of it that is shown.</summary>
internal sealed class LiveJob
{
    private const int MostSamples = 900;
    private const int RecentTokens = 1_024;

    // Tokens until a decision or an apply that came to nothing is tried again; what hindered it may pass.
    private const int LeastRest = 1_024;

    // The step before an apply is that of late.
    private const int LatestSteps = 256;
    private static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OnlineFor = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private readonly Lock measuring = new();
    private readonly TimeProvider time;
    private readonly Queue<JobSample> history = new();
    private readonly RoutingWindow window;
    private readonly RoutingWindow recent;
    private readonly DriftDetector drift;
    private readonly DecodeTimes steps = new();
    private readonly List<double> stepsSinceSample = [];
    private RoutingMeasures? measures;
    private (RoutingMeasures Measures, DateTimeOffset At)? traffic;
    private DateTimeOffset sampledAt = DateTimeOffset.MinValue;
    private DateTimeOffset? heardAt;
    private long life;
    private long tokens;
    private long? restsSince;
    private long sampledTokens;
    private double tokensPerSecond;
    private long dropped;
    private bool ended;
    private JobView view;

    internal LiveJob(JobRecord record, ExpertPlacement placement, Apply? apply, int decision, TimeProvider time)
    {
        this.time = time;
        HeldSince = time.GetUtcNow();
        (Record, Placement, Apply, Decision) = (record, placement, apply, decision);
        window = new RoutingWindow(Spec.Model, Policy.WindowTokens);
        recent = new RoutingWindow(Spec.Model, RecentTokens);
        drift = new DriftDetector(Spec.Model);
        TokensAtApply = apply is null ? null : 0;
        view = MakeView();
    }

    /// <summary>Whoever changes the record of the job waits for its turn.</summary>
    internal SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>Cancelled when the job is no longer held here: what is made for it is then of no use.</summary>
    internal CancellationTokenSource Gone { get; } = new();

    /// <summary>As it is on record. Changed in turn.</summary>
    internal JobRecord Record { get; private set; }

    /// <summary>The placement in force, or, between waves, the last one that is known.</summary>
    internal ExpertPlacement Placement { get; private set; }

    /// <summary>The last apply. Changed in turn.</summary>
    internal Apply? Apply { get; private set; }

    /// <summary>The number of the last decision that was begun.</summary>
    internal int Decision { get; set; }

    /// <summary>Whether a decision is being made.</summary>
    internal bool IsPlanning { get; set; }

    /// <summary>Whether the record may have changed without this copy of it: it is read again before anything is done.</summary>
    internal bool IsStale { get; set; }

    /// <summary>Whether what the alarm asks for was decided already.</summary>
    internal bool AlarmIsAnswered { get; set; }

    /// <summary>The wish that the webhook of the job took last from this leader; null before any.</summary>
    internal JobWish? TakenWish { get; set; }

    /// <summary>The wish of which it is on record that the webhook did not take it; null before any.</summary>
    internal JobWish? MissedWish { get; set; }

    /// <summary>Tokens that had come when the last apply ended; null where there was none.</summary>
    internal long? TokensAtApply { get; private set; }

    internal JobSpec Spec => Record.Spec;

    internal LoopPolicy Policy => Spec.Policy ?? new LoopPolicy();

    internal bool IsApplying => Apply is { IsOver: false };

    /// <summary>Since when this leader listens to it.</summary>
    internal DateTimeOffset HeldSince { get; }

    internal DateTimeOffset? HeardAt
    {
        get
        {
            lock (gate)
                return heardAt;
        }
    }

    internal JobView View
    {
        get
        {
            lock (gate)
                return view with { Online = heardAt is { } at && time.GetUtcNow() - at < OnlineFor && !ended, Planning = IsPlanning, Decision = Decision };
        }
    }

    internal IReadOnlyList<JobSample> History
    {
        get
        {
            lock (gate)
                return [.. history];
        }
    }

    /// <summary>Takes rows; true when a drift asks for a decision.</summary>
    internal bool Take(RoutedRows rows)
    {
        lock (gate)
        {
            var before = drift.Reading.Alarm;
            drift.Take(rows);
            // What was routed before the shift would only blur what comes.
            if (drift.Reading.Alarm && !before)
                window.Clear();
            window.Add(rows);
            recent.Add(rows);
            return Took(rows.Rows);
        }
    }

    /// <summary>Takes counts; true when a drift asks for a decision.</summary>
    internal bool Take(long count, ReadOnlySpan<int> counts)
    {
        lock (gate)
        {
            var before = drift.Reading.Alarm;
            drift.Take(count, counts);
            if (drift.Reading.Alarm && !before)
                window.Clear();
            window.Add(count, counts);
            return Took(count);
        }
    }

    /// <summary>
    /// Takes what a report says of steps; false when it is older than what is known. Reports may overtake each other, and epochs only rise; but a new life
    /// may begin where it likes.
    /// </summary>
    internal bool Take(JobReport report)
    {
        lock (gate)
        {
            if (report.Life == life && report.Epoch < Record.Epoch)
                return false;
            life = report.Life;
            stepsSinceSample.AddRange(steps.Take(report));
            heardAt = time.GetUtcNow();
            ended = report.State == JobAnswer.Ended;
            dropped = report.Dropped;
            SampleWhenDue();
            view = MakeView();
            return true;
        }
    }

    /// <summary>Median of the latest decode steps on the epoch in force; null before any.</summary>
    internal double? StepSeconds
    {
        get
        {
            lock (gate)
                return steps.Median(1, LatestSteps);
        }
    }

    /// <summary>Median of all decode steps on the epoch in force that are kept; null of fewer than verify an apply.</summary>
    internal double? VerifiedSeconds
    {
        get
        {
            lock (gate)
                return steps.Median(Policy.VerificationSteps);
        }
    }

    /// <summary>Another record of the job, and the placement that it names where that is known.</summary>
    internal void Adopt(JobRecord record, Apply? apply, ExpertPlacement? placement)
    {
        var measured = placement is null || ReferenceEquals(placement, Placement) || Copied() is not { Tokens: > 0 } copied
            ? null
            : copied.Measure(placement, Policy.Residency);
        lock (gate)
        {
            var ends = apply is { IsOver: true } && Apply is not { IsOver: true };
            (Record, Apply) = (record, apply);
            if (placement is not null && !ReferenceEquals(placement, Placement))
                (Placement, measures, traffic) = (placement, measured, null);
            if (ends)
                TokensAtApply = tokens;
            // What was refused or failed answered no alarm.
            if (ends && apply!.Phase is ApplyPhase.Kept or ApplyPhase.Returned)
                Rebase();
            else if (ends)
                Rest();
            view = MakeView();
        }
    }

    /// <summary>What is routed now is what is to be expected from now on.</summary>
    internal void Rebase()
    {
        lock (gate)
        {
            drift.Rebase();
            AlarmIsAnswered = false;
            view = MakeView();
        }
    }

    /// <summary>The alarm, if one stands, was answered by nothing: it is taken up again, but not at once.</summary>
    internal void Rest()
    {
        lock (gate)
            (AlarmIsAnswered, restsSince) = (false, tokens);
    }

    /// <summary>The window by itself and what a decision needs to know beside it; null where no routing came.</summary>
    internal (RoutingWindow Window, DriftReading Drift, long? TokensSinceApply, double? StepSeconds)? Snapshot()
    {
        lock (gate)
        {
            return window.Tokens == 0 ? null : (window.Copy(), drift.Reading, tokens - TokensAtApply, steps.Median(4, LatestSteps));
        }
    }

    /// <summary>Load and traffic of the window; looked at anew every two seconds at most.</summary>
    internal RoutingMeasures Traffic()
    {
        lock (measuring)
        {
            var now = time.GetUtcNow();
            ExpertPlacement placement;
            RoutingWindow copied;
            lock (gate)
            {
                if (traffic is { } last && now - last.At <= TimeSpan.FromSeconds(2))
                    return last.Measures;
                (placement, copied) = (Placement, window.Copy());
            }
            var measured = copied.Measure(placement, Policy.Residency);
            lock (gate)
                traffic = ReferenceEquals(placement, Placement) ? (measured, now) : null;
            return measured;
        }
    }

    private RoutingWindow Copied()
    {
        lock (gate)
            return window.Copy();
    }

    private bool Took(long count)
    {
        tokens += count;
        if (Spec.Engine != JobEngine.Moeplace)
            heardAt = time.GetUtcNow();
        SampleWhenDue();
        view = MakeView();
        return drift.Reading.Alarm && !AlarmIsAnswered && !IsPlanning && !IsApplying && window.Tokens >= Math.Min(Policy.WindowTokens, 4_096)
            && (restsSince is not { } since || tokens - since >= Math.Max(Policy.RestTokens, LeastRest))
            && (TokensAtApply is not { } at || tokens - at >= Policy.RestTokens);
    }

    private void SampleWhenDue()
    {
        var now = time.GetUtcNow();
        if (now - sampledAt < BetweenSamples)
            return;
        if (recent.Tokens > 0)
        {
            measures = recent.Measure(Placement, Policy.Residency);
            recent.Clear();
        }
        else if (window.Tokens > 0 && (measures is null || window.IsOfCounts))
            measures = window.Measure(Placement, Policy.Residency);
        if (sampledAt != DateTimeOffset.MinValue)
            tokensPerSecond = (tokens - sampledTokens) / (now - sampledAt).TotalSeconds;
        var reading = drift.Reading;
        history.Enqueue(new JobSample(
            now, Record.Epoch, stepsSinceSample.Count == 0 ? null : DecodeTimes.MedianOf(stepsSinceSample), Promised, measures?.GpuCrossing,
            measures?.NodeCrossing, reading.Load, reading.Affinity, tokens, measures?.RankCopies, measures?.NodeCopies));
        if (history.Count > MostSamples)
            history.Dequeue();
        stepsSinceSample.Clear();
        (sampledAt, sampledTokens) = (now, tokens);
    }

    private double? Promised => Apply is { Phase: ApplyPhase.Kept or ApplyPhase.Verifying } apply && apply.To == Record.Placement ? apply.SecondsPromised : null;

    private JobView MakeView()
    {
        var model = Spec.Model;
        return new JobView(
            Spec.Name, model.Name, model.Layers, model.Experts, model.TopK, Spec.Cluster.Nodes, Spec.Cluster.RanksPerNode, Spec.Cluster.Name, Spec.Engine, Policy,
            false, ended, Record.Epoch, Record.Placement, tokens, tokensPerSecond, dropped, drift.Reading, steps.Median(1, 64), Promised, measures?.GpuCrossing,
            measures?.NodeCrossing, measures?.CrossingByLayer ?? ImmutableArray<double>.Empty, measures?.Imbalance ?? 0, IsPlanning, Decision, Apply, measures?.RankCopies,
            measures?.NodeCopies);
    }
}
