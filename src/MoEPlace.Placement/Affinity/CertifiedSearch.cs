using MoEPlace.Placement.Bounds;
using MoEPlace.Results;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// A search and the proof of how far its result is from the best, within one time limit. Small problems are enumerated; else a quick bound
/// comes first, then the search, then the bound is tightened for as long as the limit allows.
/// </summary>
/// <param name="problem">What to place.</param>
/// <param name="progress">Told several times a second.</param>
/// <param name="cancellation">Ends it with the best so far.</param>
internal sealed class CertifiedSearch(PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation)
{
    /// <summary>What a bound may exceed an objective by, for the rounding of sums of floating-point numbers.</summary>
    private const double Tiny = 1e-9;

    /// <summary>Rounds of the bound for each round of the search, where rounds are limited.</summary>
    private const int BoundRounds = 6;

    /// <summary>The bound has this share of what the time limit exceeds <see cref="ShortSeconds"/> by.</summary>
    private const double BoundShare = 0.35;
    private const double ShortSeconds = 10;

    /// <summary>Share of the time limit after which the quick bound takes what it has.</summary>
    private const double QuickShare = 0.05;

    /// <summary>With less time left the sets of experts are not worth tabulating.</summary>
    private static readonly TimeSpan LeastBoundTime = TimeSpan.FromSeconds(1.5);

    private readonly SolveRecord record = new(progress);

    /// <summary>Solves.</summary>
    /// <param name="search">Searches a problem.</param>
    public PlacementSolution Run(
        Func<PlacementProblem, IProgress<SearchProgress>, CancellationToken, PlacementSolution> search)
    {
        if (!problem.WantsBound)
            return Conclude(search(problem, record, cancellation));
        var limits = Limits();
        if (Enumerated(limits) is { } proven)
            return proven;
        Certify(limits, TimeSpan.Zero, () => record.Elapsed >= QuickShare * problem.TimeLimit);
        var found = search(problem with { TimeLimit = Positive(problem.TimeLimit - BoundTime - record.Elapsed) }, record, cancellation);
        var objective = found.Summary.Objective;
        record.NoteObjective(objective);
        var left = problem.TimeLimit - record.Elapsed;
        if (left >= LeastBoundTime && !IsProven(objective) && Certificate.CanTighten(problem))
            Certify(limits, left, () => cancellation.IsCancellationRequested || IsProven(objective));
        return Conclude(found);
    }

    private TimeSpan BoundTime
    {
        get
        {
            if (problem.IterationLimit != long.MaxValue || !Certificate.CanTighten(problem))
                return TimeSpan.Zero;
            return TimeSpan.FromSeconds(BoundShare * Math.Max(0, problem.TimeLimit.TotalSeconds - ShortSeconds));
        }
    }

    /// <summary>
    /// [layers] the most load of a rank; none with replicas, whose load is not that of whole experts, and with a placement in force, for which
    /// limits give way where the budget does not pay for them.
    /// </summary>
    private long[] Limits() => problem.RedundantSlots > 0 || problem.Current is not null
        ? [.. Enumerable.Repeat(long.MaxValue, problem.Model.Layers)]
        : [.. LoadLimit.Of(problem).Most.Select(ranks => ranks.Max())];

    private PlacementSolution? Enumerated(long[] limits)
    {
        if (problem.RedundantSlots > 0 || !problem.HasEqualRanks || problem.Current is not null || problem.Objective == PlacementObjective.Step)
            return null;
        var solved = problem.Objective == PlacementObjective.Crossing
            ? ExactPlacement.Crossing(problem, limits, Stop)
            : ExactPlacement.Copies(problem, limits, Stop);
        if (solved is not { } best)
            return null;
        record.NoteObjective(best.Objective);
        record.NoteBound(best.Objective);
        var placement = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, best.RankOf, AffinityPolicy.Provenance(problem));
        var summary = new SolveSummary(
            SolveStatus.Optimal, AffinityPolicy.Name(problem.Objective), best.Objective, null, null, 0, "all placements enumerated",
            problem.MaxImbalance is null ? [] : LoadLimit.Of(problem).RelaxedLayers);
        return Conclude(new PlacementSolution(placement, summary, 0));

        bool Stop() => cancellation.IsCancellationRequested || record.Elapsed >= problem.TimeLimit;
    }

    private void Certify(long[] limits, TimeSpan time, Func<bool> stop)
    {
        var rounds = problem.IterationLimit == long.MaxValue ? int.MaxValue : BoundRounds * (int)Math.Min(int.MaxValue / BoundRounds, problem.IterationLimit);
        record.NoteBound(Certificate.Of(problem, limits, time, stop, record.NoteBound, rounds).Bound);
    }

    private PlacementSolution Conclude(PlacementSolution found)
    {
        var (summary, bound) = (found.Summary, record.Bound);
        if (bound > summary.Objective + Tiny * Math.Abs(summary.Objective))
            throw new InvalidOperationException($"Bound {bound:R} exceeds the objective {summary.Objective:R} of a placement that exists.");
        bound = bound is { } b ? Math.Min(b, summary.Objective) : null;
        double? gap = bound is null ? null : summary.Objective == 0 ? 0 : (summary.Objective - bound) / summary.Objective;
        var certified = summary with
        {
            Status = IsProven(summary.Objective) ? SolveStatus.Optimal : summary.Status,
            StopReason = cancellation.IsCancellationRequested ? "interrupted" : summary.StopReason,
            Bound = bound,
            Gap = gap,
        };
        return found with { Summary = certified, Seconds = record.Elapsed.TotalSeconds, Trajectory = record.ToTrajectory() };
    }

    private bool IsProven(double objective) => record.Bound >= objective - Tiny * Math.Abs(objective);

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.FromMilliseconds(1) ? time : TimeSpan.FromMilliseconds(1);
}
