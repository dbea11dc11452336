using System.Diagnostics;
using MoEPlace.Executor.Ranks;

namespace MoEPlace.Executor.Running;

/// <summary>Tells the time of this rank apart by phase: at any instant exactly one phase runs.</summary>
internal sealed class StepClock
{
    private static readonly int Phases = Enum.GetValues<RunPhase>().Length;
    private readonly List<long> ticks = [];
    private readonly List<int> tokens = [];
    private readonly List<bool> prefill = [];
    private long since = Stopwatch.GetTimestamp();
    private RunPhase phase = RunPhase.Step;

    /// <summary>Ends the phase that ran; another begins.</summary>
    internal void Enter(RunPhase next)
    {
        var now = Stopwatch.GetTimestamp();
        ticks[^(Phases - (int)phase)] += now - since;
        (since, phase) = (now, next);
    }

    /// <summary>Begins a step; before anything is entered.</summary>
    internal void NextStep(PlannedStep step)
    {
        if (ticks.Count > 0)
            Enter(RunPhase.Step);
        since = Stopwatch.GetTimestamp();
        for (var i = 0; i < Phases; i++)
            ticks.Add(0);
        tokens.Add(step.Tokens.Count);
        prefill.Add(step.Tokens.Prefill);
    }

    /// <summary>The times of all steps: every rank calls it once, after the last.</summary>
    /// <param name="group">The ranks.</param>
    internal StepTimes Total(IRankGroup group)
    {
        if (ticks.Count > 0)
            Enter(RunPhase.Step);
        long[] own = [.. ticks];
        var sums = group.SumOf(own);
        var steps = own.Length / Phases;
        var (seconds, means) = (new double[steps], new double[sums.Length]);
        for (var i = 0; i < sums.Length; i++)
            means[i] = (double)sums[i] / group.Size / Stopwatch.Frequency;
        for (var step = 0; step < steps; step++)
            seconds[step] = means.AsSpan(step * Phases, Phases).ToArray().Sum();
        return new StepTimes([.. seconds], [.. means], [.. tokens], [.. prefill]);
    }
}
