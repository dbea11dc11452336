using System.Diagnostics;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Two workers search until the time or the round limit; the best of both is the result. Under a round limit that is reached before the
/// time limit the same seed gives the same division, on any machine.
/// </summary>
internal sealed class AffinitySearch
{
    /// <summary>Share of the time limit after which the workers put together what they found.</summary>
    private const double WorkersShare = 0.96;

    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly PlacementProblem problem;
    private readonly LoadLimit limit;
    private readonly ChainProblem chain;

    /// <param name="problem">What to place, and its limits.</param>
    /// <param name="toChain">Makes the chain that is searched, of the load limits.</param>
    public AffinitySearch(PlacementProblem problem, Func<LoadLimit, ChainProblem> toChain)
    {
        this.problem = problem;
        limit = LoadLimit.Of(problem);
        chain = toChain(limit);
    }

    private double SecondsLeft => Math.Max(0, (problem.TimeLimit - watch.Elapsed).TotalSeconds);

    /// <summary>Searches.</summary>
    /// <param name="progress">Told several times a second.</param>
    /// <param name="toObjective">What a kept weight comes to in the objective; null when that cannot be told before the end.</param>
    /// <param name="cancellation">Ends the search with its best so far.</param>
    public AffinityFound Run(
        IProgress<SearchProgress>? progress, Func<ChainProblem, Func<long, double>>? toObjective, CancellationToken cancellation)
    {
        var objectiveOf = toObjective?.Invoke(chain);
        var workers = new AffinityWorker?[SearchWorkers.Count];
        SearchWorkers.Run(index => Walk(workers, index, cancellation), () => Report(workers, objectiveOf, progress));
        foreach (var other in workers.Skip(1))
            workers[0]!.Join(other!, () => Stop(1, cancellation));
        var best = workers.MaxBy(w => w!.Kept)!;
        var reason = best.Kept == chain.TotalWeight ? "nothing is left to win"
            : cancellation.IsCancellationRequested ? "interrupted"
            : workers.All(w => w!.Rounds >= problem.IterationLimit) ? "iteration limit" : "time limit";
        return new AffinityFound(best.Best, workers.Sum(w => w!.Rounds), reason, limit.RelaxedLayers);
    }

    private void Walk(AffinityWorker?[] workers, int index, CancellationToken cancellation)
    {
        var worker = new AffinityWorker(chain, limit.Balanced, new SeedStream(problem.Seed, "affinity", index));
        workers[index] = worker;
        var paced = problem.IterationLimit == long.MaxValue;
        while (!Stop(WorkersShare, cancellation) && worker.Rounds < problem.IterationLimit && worker.Kept < chain.TotalWeight)
            worker.Round(paced ? Math.Max(0, SecondsLeft - (1 - WorkersShare) * problem.TimeLimit.TotalSeconds) : double.PositiveInfinity, () => Stop(WorkersShare, cancellation));
    }

    private bool Stop(double share, CancellationToken cancellation) =>
        cancellation.IsCancellationRequested || watch.Elapsed >= share * problem.TimeLimit;

    private void Report(AffinityWorker?[] workers, Func<long, double>? objectiveOf, IProgress<SearchProgress>? progress)
    {
        var started = workers.Where(w => w is not null).ToArray();
        if (progress is null || started.Length == 0)
            return;
        var rounds = started.Max(w => w!.Rounds);
        progress.Report(new SearchProgress(
            objectiveOf?.Invoke(started.Max(w => w!.Kept)) ?? double.NaN,
            rounds,
            SecondsLeft,
            Math.Max(Math.Min(1, watch.Elapsed / problem.TimeLimit), (double)rounds / problem.IterationLimit)));
    }
}
