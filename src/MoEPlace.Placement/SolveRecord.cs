using System.Collections.Immutable;
using System.Diagnostics;
using MoEPlace.Results;

namespace MoEPlace.Placement;

/// <summary>Keeps what a solve knew over time: the best objective of its search, and the best bound. Passes progress on with both.</summary>
/// <param name="listener">Who else is told; null for nobody.</param>
internal sealed class SolveRecord(IProgress<SearchProgress>? listener) : IProgress<SearchProgress>
{
    private readonly Lock gate = new();
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly List<SolvePoint> points = [];

    /// <summary>Since the solve began.</summary>
    public TimeSpan Elapsed => watch.Elapsed;

    /// <summary>The best bound so far; null before there was one.</summary>
    public double? Bound { get; private set; }

    private double? Objective { get; set; }

    /// <inheritdoc/>
    public void Report(SearchProgress value)
    {
        NoteObjective(value.BestObjective);
        listener?.Report(value with { Bound = Bound });
    }

    /// <summary>Notes an objective that was reached.</summary>
    public void NoteObjective(double objective)
    {
        if (!double.IsFinite(objective))
            return;
        lock (gate)
        {
            if (Objective is { } best && best <= objective)
                return;
            Objective = objective;
            Add();
        }
    }

    /// <summary>Notes a bound that was proven.</summary>
    public void NoteBound(double bound)
    {
        lock (gate)
        {
            if (Bound is { } best && best >= bound)
                return;
            Bound = bound;
            Add();
        }
    }

    /// <summary>What was known, by rising seconds; ends now.</summary>
    public ImmutableArray<SolvePoint> ToTrajectory()
    {
        lock (gate)
        {
            Add();
            return [.. points];
        }
    }

    private void Add() => points.Add(new SolvePoint(watch.Elapsed.TotalSeconds, Objective, Bound));
}
