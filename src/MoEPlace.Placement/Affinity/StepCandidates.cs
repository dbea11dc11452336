using MoEPlace.Evaluation;
using MoEPlace.Results;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Objective step: traffic and load pull apart, and the step model alone knows what each costs. So placements are searched for crossing
/// and for copies under several load limits, and the model chooses among them and the two that need no search.
/// </summary>
internal static class StepCandidates
{
    private static readonly double[] Limits = [1.5, 1.2, 1.05];

    public static (ExpertPlacement Placement, SolveSummary Summary) Best(
        PlacementProblem problem, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        var searches = Searches(problem).ToArray();
        (ExpertPlacement Placement, SolveSummary Summary)? best = null;
        var bestSeconds = double.PositiveInfinity;
        var (rounds, reason) = (0L, "");
        for (var i = 0; i < searches.Length; i++)
        {
            var done = i;
            var part = searches[i] with { TimeLimit = problem.TimeLimit / searches.Length };
            var within = progress is null ? null : new Relay(p => progress.Report(p with
            {
                BestObjective = bestSeconds,
                Fraction = (done + p.Fraction) / searches.Length,
                SecondsLeft = p.SecondsLeft + part.TimeLimit.TotalSeconds * (searches.Length - 1 - done),
            }));
            var found = part.Objective == PlacementObjective.Crossing
                ? AffinityPolicy.Crossing(part, within, cancellation)
                : AffinityPolicy.Copies(part, within, cancellation);
            Consider(found);
            (rounds, reason) = (rounds + found.Summary.Iterations, found.Summary.StopReason);
        }
        // A division by load alone, which the first search holds the limits of.
        var balanced = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, LoadLimit.Of(problem).Balanced, AffinityPolicy.Provenance(problem));
        Consider((balanced, best!.Value.Summary));
        return (best.Value.Placement.With(AffinityPolicy.Provenance(problem)), best.Value.Summary with
        {
            Status = SolveStatus.Limit,
            ObjectiveName = "step",
            Objective = bestSeconds,
            Bound = null,
            Gap = null,
            Iterations = rounds,
            StopReason = reason,
        });

        void Consider((ExpertPlacement Placement, SolveSummary Summary) candidate)
        {
            var seconds = PlacementCost.Evaluate(problem.Slice!, candidate.Placement, problem.Cluster, problem.Conditions).Measures.StepSeconds!.Value;
            if (seconds < bestSeconds)
                (best, bestSeconds) = (candidate, seconds);
        }
    }

    private static IEnumerable<PlacementProblem> Searches(PlacementProblem problem)
    {
        var limits = new List<double?> { problem.MaxImbalance };
        limits.AddRange(Limits.Where(l => l < (problem.MaxImbalance ?? double.PositiveInfinity)).Select(l => (double?)l));
        foreach (var limit in limits)
        {
            yield return problem with { Objective = PlacementObjective.Copies, MaxImbalance = limit };
            if (problem.Conditions.Residency == Residency.Coherent)
                yield return problem with { Objective = PlacementObjective.Crossing, MaxImbalance = limit };
        }
    }

    private sealed class Relay(Action<SearchProgress> report) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress value) => report(value);
    }
}
