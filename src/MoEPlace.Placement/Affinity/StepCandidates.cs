using System.Collections.Immutable;
using System.Diagnostics;
using MoEPlace.Evaluation;
using MoEPlace.Placement.Copies;
using MoEPlace.Results;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Objective step: traffic and load pull apart, and the step model alone knows what each costs. So placements are searched for copies
/// (and, coherent, for crossing) under several load limits, and the model chooses among them and one that is balanced by load alone.
/// </summary>
/// <param name="problem">What to place.</param>
/// <param name="progress">Told of all searches as of one.</param>
/// <param name="cancellation">Ends the searches; the best so far is the result.</param>
internal sealed class StepCandidates(PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    : IProgress<SearchProgress>
{
    private static readonly double[] Limits = [1.5, 1.2, 1.05];
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private ExpertPlacement? best;
    private double bestSeconds = double.PositiveInfinity;
    private int searchesDone;
    private int searches;

    /// <summary>Searches and chooses.</summary>
    public PlacementSolution Best()
    {
        var provenance = AffinityPolicy.Provenance(problem);
        if (problem.MigrationBudgetBytes is null)
            Consider(CopyStart.Of(problem with { MaxImbalance = 1 }).Place(problem, provenance));
        var parts = Parts().ToArray();
        searches = parts.Length;
        var (rounds, reason) = (0L, "interrupted");
        foreach (var part in parts)
        {
            var left = problem.TimeLimit - watch.Elapsed;
            if (best is not null && (cancellation.IsCancellationRequested || (left <= TimeSpan.Zero && searchesDone > 0)))
                break;
            var timed = part with { TimeLimit = left > TimeSpan.Zero ? left / (searches - searchesDone) : problem.TimeLimit / searches };
            var found = part.Objective == PlacementObjective.Crossing
                ? AffinityPolicy.Crossing(timed, this, cancellation)
                : AffinityPolicy.Copies(timed, this, cancellation);
            Consider(found.Placement);
            (rounds, reason) = (rounds + found.Summary.Iterations, found.Summary.StopReason);
            searchesDone++;
        }
        var relaxed = problem.MigrationBudgetBytes is null ? CopyStart.Of(problem).RelaxedLayers : Overloaded(best!);
        var summary = new SolveSummary(SolveStatus.Limit, "step", bestSeconds, null, null, rounds, reason, relaxed);
        return new PlacementSolution(best!.With(provenance), summary, watch.Elapsed.TotalSeconds);
    }

    /// <summary>Passes the progress of one search on as a share of all.</summary>
    void IProgress<SearchProgress>.Report(SearchProgress value) => progress?.Report(value with
    {
        BestObjective = bestSeconds,
        Fraction = (searchesDone + value.Fraction) / searches,
        SecondsLeft = Math.Max(0, (problem.TimeLimit - watch.Elapsed).TotalSeconds),
    });

    /// <summary>Layers whose limit the budget did not pay for.</summary>
    private ImmutableArray<int> Overloaded(ExpertPlacement placement)
    {
        var speed = problem.SpeedOf.Where((_, rank) => problem.SlotsOf[rank] > 0).Sum();
        var loads = new double[placement.Ranks];
        return [.. Enumerable.Range(0, placement.Layers).Where(layer =>
        {
            LoadImbalance.RankLoads(placement, new LayerId(layer), problem.Counts.Load(layer), loads);
            var most = (problem.MaxImbalance ?? double.PositiveInfinity) * loads.Sum() / speed;
            return loads.Where((load, rank) => load > most * problem.SpeedOf[rank] * (1 + 1e-9)).Any();
        })];
    }

    private void Consider(ExpertPlacement candidate)
    {
        var measures = PlacementCost.Evaluate(problem.Slice!, candidate, problem.Cluster, problem.Conditions).Measures;
        if (measures.StepSeconds < bestSeconds)
            (best, bestSeconds) = (candidate, measures.StepSeconds.Value);
    }

    private IEnumerable<PlacementProblem> Parts()
    {
        var most = problem.MaxImbalance ?? double.PositiveInfinity;
        foreach (var limit in Limits.Where(l => l < most).Select(l => (double?)l).Prepend(problem.MaxImbalance))
        {
            yield return problem with { Objective = PlacementObjective.Copies, MaxImbalance = limit };
            if (problem.Conditions.RunsCoherent)
                yield return problem with { Objective = PlacementObjective.Crossing, MaxImbalance = limit };
        }
    }
}
