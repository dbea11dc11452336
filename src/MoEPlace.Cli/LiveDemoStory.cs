using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Service;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.State;

namespace MoEPlace.Cli;

/// <summary>Follows the job of the live demo by the record of its service, tells what happens as it happens, and when nothing more is to come.</summary>
/// <param name="service">The service.</param>
/// <param name="job">The job.</param>
/// <param name="terminal">Where it is told.</param>
internal sealed class LiveDemoStory(PlacementService service, string job, Terminal terminal)
{
    private const int MostEvents = 1_000;
    private const string Shift = "shift";

    /// <summary>How long it is watched after the last that is to come.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(15);

    /// <summary>A sample tells of the second before it, and the first one after a change of both.</summary>
    private const double SampleSeconds = 2;

    private readonly DateTimeOffset begun = DateTimeOffset.UtcNow;
    private readonly List<LiveEvent> events = [];
    private long told;
    private DateTimeOffset? over;

    /// <summary>Tells something by the demo itself.</summary>
    internal void Tell(string kind, string text) => Add(new LiveEvent(Since(DateTimeOffset.UtcNow), kind, text));

    /// <summary>Looks at the record.</summary>
    /// <returns>Whether nothing more is to come.</returns>
    internal async Task<bool> LookAsync(CancellationToken cancellation)
    {
        foreach (var e in await service.State.EventsAsync(told, job, MostEvents, cancellation).ConfigureAwait(false))
        {
            told = e.Sequence;
            Add(new LiveEvent(Since(e.At), e.Kind, e.Text));
            if (e.Kind == "decided")
                await TellPlanAsync(cancellation).ConfigureAwait(false);
            if (e.Kind is "kept" or "returned" or "refused" or "failed" || (e.Kind == "decided" && await KeepsAsync(cancellation).ConfigureAwait(false)))
                over = e.At;
        }
        if (service.Jobs().FirstOrDefault(view => view.Name == job) is not { } now)
            return false;
        if (now.Tokens >= LiveDemoTraffic.CalmTokens && events.TrueForAll(e => e.Kind != Shift))
            Tell(Shift, $"another traffic: {LiveDemoTraffic.After}");
        return now.Ended || (over is { } at && DateTimeOffset.UtcNow - at > Afterwards);
    }

    /// <summary>All of it.</summary>
    /// <param name="links">What joins the nodes, in words.</param>
    /// <param name="cancellation">Gives it up.</param>
    internal async Task<LiveResult> ResultAsync(string links, CancellationToken cancellation)
    {
        var view = service.Job(job);
        ImmutableArray<LiveSample> samples =
        [
            .. service.History(job).Select(s => new LiveSample(
                Since(s.At), s.Epoch, s.StepSeconds, s.PromisedSeconds, s.RankCopies, s.NodeCopies, s.GpuCrossing, s.NodeCrossing, s.LoadDrift,
                s.AffinityDrift, s.Tokens)),
        ];
        var row = await LastAsync(cancellation).ConfigureAwait(false);
        return new LiveResult(
            LiveResult.FormatName, view.Model, view.Nodes, view.RanksPerNode, links,
            $"{LiveDemoTraffic.Before}; then {LiveDemoTraffic.After}; passages that the model was not trained on",
            view.Apply is { IsOver: true } apply ? apply.Phase.ToString().ToLowerInvariant() : "watched", samples, [.. events], Periods(samples),
            row?.Decision.Reasons ?? [], row?.Decision.Changes ?? []);
    }

    private ImmutableArray<LivePeriod> Periods(ImmutableArray<LiveSample> samples)
    {
        var end = samples.IsEmpty ? 0 : samples[^1].Seconds;
        var shift = At(Shift) ?? end;
        var asked = At("asked") ?? end;
        ImmutableArray<LivePeriod> periods =
        [
            LivePeriod.Of("as it was placed for", 0, shift, samples), LivePeriod.Of("after the shift", shift + SampleSeconds, asked, samples),
        ];
        return At("kept") is { } kept ? periods.Add(LivePeriod.Of("after the apply", kept + SampleSeconds, end, samples)) : periods;
    }

    private double? At(string kind) => events.Find(e => e.Kind == kind)?.Seconds;

    private async Task<DecisionRow?> LastAsync(CancellationToken cancellation) =>
        await service.State.DecisionsAsync(job, 1, cancellation).ConfigureAwait(false) is [var last, ..] ? last : null;

    private async Task<bool> KeepsAsync(CancellationToken cancellation) =>
        await LastAsync(cancellation).ConfigureAwait(false) is { Decision.Verdict: Verdict.Keep };

    private async Task TellPlanAsync(CancellationToken cancellation)
    {
        if (await LastAsync(cancellation).ConfigureAwait(false) is not { Decision: var plan })
            return;
        foreach (var line in plan.Reasons.Concat(plan.Changes.Take(1)))
            terminal.Line($"          {line}");
    }

    private void Add(LiveEvent e)
    {
        events.Add(e);
        terminal.Line(FormattableString.Invariant($"{e.Seconds,6:0.0} s  {e.Kind}: {e.Text}"));
    }

    private double Since(DateTimeOffset at) => Math.Max(0, (at - begun).TotalSeconds);
}
