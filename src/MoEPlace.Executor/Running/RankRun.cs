using System.Collections.Immutable;
using System.Diagnostics;
using MoEPlace.Evaluation;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;

namespace MoEPlace.Executor.Running;

/// <summary>Runs a job on the ranks of a group; every rank calls it with the same arguments.</summary>
public sealed class RankRun : IDisposable
{
    private readonly IRankGroup group;
    private readonly MoELanguageModel model;
    private readonly Job job;
    private readonly RunOptions options;
    private readonly StepPlan plan;
    private readonly KeyValueCache cache;
    private readonly TrafficCounters traffic;
    private readonly StepClock clock = new();
    private readonly RoutingRecorder? recorder;
    private readonly RoutingFeed? feed;
    private readonly HomePass home;
    private readonly CoherentPass? coherent;
    private readonly ContextGather? gather;
    private readonly StepOutput output;
    private readonly LiveApply? live;

    private RankRun(IRankGroup group, MoELanguageModel model, Job job, RunOptions options)
    {
        (this.group, this.model, this.job, this.options) = (group, model, job, options);
        var (pools, pool) = options.Residency == Residency.Home ? (group.Size, group.Rank) : (1, 0);
        plan = new StepPlan(job, pools);
        cache = new KeyValueCache(
            model.Config, Math.Max(1, StepPlan.RowsNeeded(job, pools, pool)), job.LongestSequence, model.Device, model.Type);
        traffic = new TrafficCounters(
            group.Rank, options.Placement.RanksPerNode, (long)model.Config.HiddenSize * Tensor.BytesOf(model.Type));
        if (options.JournalFolder is { } folder)
            recorder = new RoutingRecorder(new RoutingJournal(folder, group.Rank), model.Config.Choices, group.Size);
        if (options.Routed is { } sink)
            feed = new RoutingFeed(sink, group.Rank, model.Config.MoeLayerIds.Length, model.Config.Choices);
        var exchange = new ExpertExchange(group, new DispatchRule(options.Placement), traffic);
        ChoiceObserver? observe = recorder is null ? null : recorder.Choices;
        if (feed is not null)
            observe += feed.Choices;
        home = new HomePass(group, model, exchange, cache, clock, observe);
        if (options.Residency == Residency.Coherent)
            (coherent, gather) = (new CoherentPass(group, model, exchange, cache, clock, observe), new ContextGather(group, cache, traffic));
        output = new StepOutput(group, model, job, options);
        if (options.Live is { } asked)
            live = new LiveApply(group, model, exchange, options.Placement, asked);
    }

    /// <summary>Runs a job to its end.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="model">The model with the experts that the placement gives this rank.</param>
    /// <param name="job">What is to be run.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends the run after a step.</param>
    /// <exception cref="InputException">Something does not fit; every fault is told.</exception>
    /// <exception cref="RankLossException">Another rank is gone.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the journal holds what was recorded.</exception>
    public static RunResult Run(IRankGroup group, MoELanguageModel model, Job job, RunOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(options);
        var faults = new InputFaults("run");
        faults.Require(
            options.Routed is null || options.Residency == Residency.Home, "residency", options.Residency,
            "home: elsewhere a token's layers run on many ranks, and none sees all that is chosen for it");
        faults.Require(options.Placement.Ranks == group.Size, "placement.ranks", options.Placement.Ranks, $"{group.Size}, the ranks of this run");
        job.Check(faults, model.Config, group.Size);
        if (options.Live is { } live)
            CheckSlots(faults, model, options.Placement, live);
        faults.ThrowIfAny();
        using var noGradients = torch.no_grad();
        using var run = new RankRun(group, model, job, options);
        return run.ToEnd(cancellation);
    }

    /// <summary>Begins the journal of a run; before any rank runs.</summary>
    /// <param name="folder">Where it shall stand: a new or empty folder.</param>
    /// <param name="trace">What the recording will say of itself.</param>
    /// <param name="ranks">Ranks that will write.</param>
    /// <exception cref="InputException">Something stands there, or the folder cannot be written.</exception>
    public static void CreateJournal(string folder, TraceHeader trace, int ranks) =>
        RoutingJournal.Create(folder, new JournalHeader(trace, ranks, RoutingRecorder.Columns(ranks)));

    /// <inheritdoc/>
    public void Dispose()
    {
        live?.Dispose();
        cache.Dispose();
        recorder?.Dispose();
    }

    private static void CheckSlots(InputFaults faults, MoELanguageModel model, ExpertPlacement placement, LiveOptions live)
    {
        faults.Require(live.SpareSlots >= 0, "spare slots", live.SpareSlots, "0 or more");
        foreach (var layer in model.Layers.Where(layer => layer.IsMoE))
        {
            var wanted = placement.MostSlots(layer.Ordinal) + live.SpareSlots;
            faults.Require(
                layer.Experts!.Slots == wanted, FormattableString.Invariant($"model.layers[{layer.Index}].slots"), layer.Experts.Slots,
                FormattableString.Invariant($"{wanted}: the most of a rank and {live.SpareSlots} spare, as it is to be loaded"));
        }
    }

    private RunResult ToEnd(CancellationToken cancellation)
    {
        var sampled = job.Prompts.Select((_, s) => job.SampledOf(s).ToList()).ToArray();
        var (tokens, steps) = (0L, 0);
        var (epochs, moving) = (ImmutableArray.CreateBuilder<int>(), ImmutableArray.CreateBuilder<bool>());
        group.Barrier();
        var begun = Stopwatch.GetTimestamp();
        while (plan.Next() is { } step)
        {
            cancellation.ThrowIfCancellationRequested();
            var stepBegun = Stopwatch.GetTimestamp();
            clock.NextStep(step);
            if (live is not null)
            {
                clock.Enter(RunPhase.Apply);
                live.Boundary(steps);
                clock.Enter(RunPhase.Step);
            }
            epochs.Add(live?.Epoch.Number ?? 0);
            moving.Add(live?.IsMoving ?? false);
            var ids = RunStep(step);
            var fresh = SampledId.Of(step, ids);
            foreach (var one in fresh)
                sampled[one.Sequence].Add(one.Id);
            options.Sampled?.Invoke(step.Number, epochs[^1], fresh);
            plan.Complete(ids);
            (tokens, steps) = (tokens + ids.Length, steps + 1);
            if (group.Rank != 0)
                continue;
            options.StepDone?.Invoke(new DoneStep(
                Stopwatch.GetElapsedTime(stepBegun).TotalSeconds, ids.Length, step.Tokens.Prefill, epochs[^1], moving[^1]));
            options.Progress?.Invoke(tokens, job.MostTokensInAll);
        }
        live?.End(steps);
        var times = clock.Total(group);
        recorder?.Complete();
        torch.cuda.synchronize();
        group.Barrier();
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var (prefill, decode) = traffic.Total(group);
        var (loss, lossTokens) = output.Loss();
        var bytes = group.ToAll([model.Layers.Sum(layer => layer.Experts?.HeldBytes ?? 0), cache.AllocatedBytes]);
        return new RunResult(
            tokens, steps, seconds, lossTokens, loss, prefill, decode, [.. bytes.Select(one => one[0])], [.. bytes.Select(one => one[1])],
            [.. sampled.Select(ids => ImmutableArray.CreateRange(ids))], times, epochs.ToImmutable(), moving.ToImmutable());
    }

    private int[] RunStep(PlannedStep step)
    {
        using var scope = torch.NewDisposeScope();
        traffic.Prefill = step.Tokens.Prefill;
        if (recorder is not null || feed is not null)
        {
            var own = step.Tokens.Pick(step.AtHome(new RankId(group.Rank), group.Size));
            recorder?.Tokens(step.Number, own);
            feed?.Tokens(own);
        }
        var attended = new int[model.Layers.Length][];
        Residuals residuals;
        if (coherent is not null && !step.Tokens.Prefill)
            residuals = coherent.Run(step, attended);
        else
        {
            residuals = home.Run(step);
            attended.AsSpan().Fill(residuals.Tokens);
        }
        clock.Enter(RunPhase.Context);
        gather?.Run(step.Tokens, attended, model.Device);
        clock.Enter(RunPhase.Step);
        recorder?.Flush();
        feed?.Flush();
        return output.Take(step, residuals);
    }
}
