using System.Diagnostics;
using System.Diagnostics.Metrics;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Operations;

/// <summary>What is measured of the service: one set of instruments, told as Prometheus' text and by OTLP.</summary>
internal sealed class ServiceMetrics : IDisposable
{
    /// <summary>Name of the instruments' meter and of the source of traces.</summary>
    public const string Name = "MoEPlace.Service";

    private const int ViewsAgeMilliseconds = 500;
    private static readonly double[] Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
    private readonly PlacementService service;
    private readonly Meter meter = new(Name);
    private readonly PrometheusText text;
    private readonly Histogram<double> requests;
    private readonly Counter<long> rows;
    private readonly Counter<long> counts;
    private readonly Counter<long> counted;
    private readonly Counter<long> events;
    private readonly Lock gate = new();
    private IReadOnlyList<JobView> views = [];
    private long viewsAt = long.MinValue;
    private int following;

    /// <summary>For a service.</summary>
    public ServiceMetrics(PlacementService service)
    {
        this.service = service;
        text = new PrometheusText(meter);
        var buckets = new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets };
        requests = meter.CreateHistogram("moeplace.request.duration", "s", "How long requests took, by route and status.", null, buckets);
        rows = meter.CreateCounter<long>("moeplace.rows", null, "Routed tokens that came as rows.");
        counts = meter.CreateCounter<long>("moeplace.counts", null, "Frames of counts that came.");
        counted = meter.CreateCounter<long>("moeplace.counted", null, "Routed tokens that came as counts.");
        events = meter.CreateCounter<long>(
            "moeplace.events", null, "Events by kind: decisions are decided, applies are asked, kept, returned, refused or failed.");
        meter.CreateObservableGauge("moeplace.leads", () => service.Leads ? 1 : 0, null, "1 while this instance leads.");
        meter.CreateObservableGauge("moeplace.followers", () => Volatile.Read(ref following), null, "Streams of events that are followed.");
        meter.CreateObservableGauge("moeplace.memory", () => Environment.WorkingSet, "By", "Memory of the process.");
        meter.CreateObservableGauge("moeplace.jobs", () => Views().Count, null, "Jobs.");
        OfJobs("moeplace.job.online", "1 while the job is heard of.", view => view.Online ? 1 : 0);
        OfJobs("moeplace.job.epoch", "The epoch in force.", view => view.Epoch);
        OfJobs("moeplace.job.tokens", "Routed tokens that came.", view => view.Tokens);
        OfJobs("moeplace.job.drift.load", "Drift of load; 1 or more is an alarm.", view => view.Drift.Load);
        OfJobs("moeplace.job.drift.affinity", "Drift of affinity; 1 or more is an alarm.", view => view.Drift.Affinity);
        OfJobs("moeplace.job.drift.alarm", "1 while an alarm stands.", view => view.Drift.Alarm ? 1 : 0);
        OfJobs("moeplace.job.imbalance", "Busiest rank over mean, mean over layers.", view => view.Imbalance);
        OfJobs("moeplace.job.crossing", "Share of adjacent-layer pairs that cross ranks.", view => view.GpuCrossing);
        OfJobs("moeplace.job.step", "Median decode step.", view => view.StepSeconds, "s");
        OfJobs("moeplace.job.planning", "1 while a decision is being made.", view => view.Planning ? 1 : 0);
    }

    /// <summary>What requests are traced by.</summary>
    public ActivitySource Traces { get; } = new(Name);

    /// <summary>All of it in the text format of Prometheus.</summary>
    public string Text() => text.Write();

    /// <summary>A request was answered.</summary>
    public void Answered(string method, string route, int status, double seconds) => requests.Record(
        seconds,
        new KeyValuePair<string, object?>("method", method),
        new KeyValuePair<string, object?>("route", route),
        new KeyValuePair<string, object?>("code", status));

    /// <summary>Rows came.</summary>
    public void RowsCame(int tokens) => rows.Add(tokens);

    /// <summary>A frame of counts came.</summary>
    public void CountsCame(long tokens)
    {
        counts.Add(1);
        counted.Add(tokens);
    }

    /// <summary>Something happened.</summary>
    public void Happened(ServiceEvent e) => events.Add(1, new KeyValuePair<string, object?>("kind", e.Kind));

    /// <summary>Takes a seat among those who follow events until it is disposed; null where <paramref name="most"/> have one.</summary>
    public IDisposable? TryFollow(int most)
    {
        if (Interlocked.Increment(ref following) <= most)
            return new Seat(this);
        Interlocked.Decrement(ref following);
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        text.Dispose();
        meter.Dispose();
        Traces.Dispose();
    }

    private void OfJobs(string name, string description, Func<JobView, double?> value, string? unit = null) => meter.CreateObservableGauge(
        name,
        () => Views().Where(view => value(view) is not null)
            .Select(view => new Measurement<double>(value(view)!.Value, new KeyValuePair<string, object?>("job", view.Name))),
        unit,
        description);

    /// <summary>All jobs, looked at once for all instruments that are read together.</summary>
    private IReadOnlyList<JobView> Views()
    {
        lock (gate)
        {
            var now = Environment.TickCount64;
            if (now - viewsAt is < 0 or >= ViewsAgeMilliseconds)
                (views, viewsAt) = (JobsNow(), now);
            return views;
        }
    }

    private IReadOnlyList<JobView> JobsNow()
    {
        try
        {
            return service.Jobs();
        }
        catch (LeadershipLostException)
        {
            return [];
        }
    }

    private sealed class Seat(ServiceMetrics metrics) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0)
                Interlocked.Decrement(ref metrics.following);
        }
    }
}
