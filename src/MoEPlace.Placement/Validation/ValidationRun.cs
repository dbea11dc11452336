using System.Collections.Immutable;
using System.Diagnostics;
using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>
/// The placements that all parts of a validation need, each solved once and under the same limits: first planned, then solved and judged.
/// </summary>
internal sealed class ValidationRun
{
    /// <summary>A time limit that is none: beyond any run.</summary>
    private static readonly TimeSpan Endless = TimeSpan.MaxValue / 16;

    private readonly List<PlannedSolve> plan = [];
    private readonly Dictionary<TraceSlice, JudgedValue> contiguous = new(ReferenceEqualityComparer.Instance);

    /// <summary>Placements to solve.</summary>
    internal int Solves => plan.Count;

    /// <summary>The time limit of each solve; null under an iteration limit alone.</summary>
    internal double? SecondsPerSolve { get; private set; }

    /// <summary>Plans a placement.</summary>
    /// <param name="on">The tokens to solve on; the same slice is solved once.</param>
    /// <param name="judged">What to judge it on, besides its own tokens.</param>
    internal PlannedSolve Plan(TraceSlice on, params ReadOnlySpan<TraceSlice> judged)
    {
        var solve = plan.Find(p => ReferenceEquals(p.On, on));
        if (solve is null)
            plan.Add(solve = new PlannedSolve(on));
        foreach (var slice in judged)
            solve.Judged.Add(slice);
        return solve;
    }

    /// <summary>What contiguous placement was judged to be on a slice that a planned placement is judged on.</summary>
    internal JudgedValue Contiguous(TraceSlice slice) => contiguous[slice];

    /// <summary>Solves and judges all that is planned; false when it was cancelled.</summary>
    /// <param name="problem">What to place; every solve is this problem on other tokens.</param>
    /// <param name="measure">What is judged.</param>
    /// <param name="solve">Solves a problem.</param>
    /// <param name="progress">Told of all solves as of one search.</param>
    /// <param name="cancellation">Ends the run.</param>
    internal bool Run(
        PlacementProblem problem,
        ValidationMeasure measure,
        Func<PlacementProblem, IProgress<SearchProgress>?, PlacementSolution> solve,
        IProgress<SearchProgress>? progress,
        CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var baseline = Baseline(problem);
        long judgedTokens = 0;
        foreach (var slice in plan.SelectMany(p => p.Judged))
        {
            if (cancellation.IsCancellationRequested)
                return false;
            judgedTokens += slice.Tokens;
            if (!contiguous.ContainsKey(slice))
                contiguous[slice] = Judge(slice, baseline);
        }
        var each = TimeOfEach(problem.TimeLimit, watch.Elapsed, judgedTokens);
        SecondsPerSolve = each >= Endless ? null : each.TotalSeconds;
        for (var i = 0; i < plan.Count; i++)
        {
            if (cancellation.IsCancellationRequested)
                return false;
            var part = problem with { Slice = plan[i].On, Counts = RoutingCounts.Of(plan[i].On), TimeLimit = each, WantsBound = false };
            var told = progress is null ? null : new PartOfProgress(progress, i, plan.Count, each);
            var placement = solve(part, told).Placement;
            foreach (var slice in plan[i].Judged)
                plan[i].Note(slice, Judge(slice, placement));
        }
        return !cancellation.IsCancellationRequested;

        JudgedValue Judge(TraceSlice slice, ExpertPlacement placement)
        {
            var measures = PlacementCost.Evaluate(slice, placement, problem.Cluster, problem.Conditions).Measures;
            return new JudgedValue(measure.Of(measures), measures.ImbalanceMean);
        }
    }

    /// <summary>An equal share of the time that judging leaves, which takes as long by the token as it took for contiguous placement.</summary>
    private TimeSpan TimeOfEach(TimeSpan limit, TimeSpan used, long judgedTokens)
    {
        if (limit >= Endless)
            return limit;
        var tokensUsed = contiguous.Keys.Sum(s => s.Tokens);
        var judging = used * ((double)judgedTokens / tokensUsed);
        var left = limit - used - judging;
        var least = limit / 4;
        return new TimeSpan(Math.Max(1, (left > least ? left : least).Ticks / plan.Count));
    }

    /// <summary>Expert e of E on rank e x ranks / E, in every layer, with no copies: what an engine does unless told otherwise.</summary>
    private static ExpertPlacement Baseline(PlacementProblem problem)
    {
        var (model, ranks) = (problem.Model, problem.Cluster.Ranks);
        var rankOf = new int[model.Layers * model.Experts];
        for (var i = 0; i < rankOf.Length; i++)
            rankOf[i] = (int)((long)(i % model.Experts) * ranks / model.Experts);
        var provenance = new PlacementProvenance(
            "contiguous", problem.TraceDigest, ImmutableSortedDictionary<string, string>.Empty, 0, MoEPlaceVersion.Current);
        return ExpertPlacement.FromRanks(model, problem.Cluster, rankOf, provenance);
    }

    /// <summary>The progress of one solve as a part of that of all.</summary>
    private sealed class PartOfProgress(IProgress<SearchProgress> whole, int done, int all, TimeSpan each) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress value) => whole.Report(value with
        {
            Fraction = (done + value.Fraction) / all,
            SecondsLeft = value.SecondsLeft + each.TotalSeconds * (all - done - 1),
        });
    }
}
