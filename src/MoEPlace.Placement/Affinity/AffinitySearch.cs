using System.Diagnostics;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Two workers search until the time or the round limit; the best of both is the result. Under a round limit that is reached before the
/// time limit the same seed gives the same division, on any machine.
/// </summary>
internal sealed class AffinitySearch
{
    /// <summary>Fixed, and not the number of cores, so that results do not depend on the machine.</summary>
    private const int Workers = 2;

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(200);
    private readonly PlacementProblem problem;
    private readonly ChainProblem chain;
    private readonly LoadLimit limit;
    private readonly Stopwatch watch = Stopwatch.StartNew();

    public AffinitySearch(PlacementProblem problem, ChainProblem chain, LoadLimit limit)
    {
        this.problem = problem;
        this.chain = chain;
        this.limit = limit;
    }

    /// <summary>The best division, its kept weight, the rounds of all workers, and why the search ended.</summary>
    public (int[] RankOf, long Kept, long Rounds, string StopReason) Run(IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        var workers = new AffinityWorker?[Workers];
        var threads = new Task[Workers];
        for (var w = 0; w < Workers; w++)
        {
            var index = w;
            threads[w] = Task.Factory.StartNew(() => Walk(workers, index, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        while (!Task.WaitAll(threads, ReportEvery))
            Report(workers, progress);
        var best = workers.MaxBy(w => w!.Kept)!;
        var reason = cancellation.IsCancellationRequested ? "interrupted"
            : workers.All(w => w!.Rounds >= problem.IterationLimit) ? "iteration limit" : "time limit";
        return (best.Best, best.Kept, workers.Sum(w => w!.Rounds), reason);
    }

    private void Walk(AffinityWorker?[] workers, int index, CancellationToken cancellation)
    {
        var worker = new AffinityWorker(chain, limit.Balanced, new SeedStream(problem.Seed, "affinity", index));
        workers[index] = worker;
        while (!Stop() && worker.Rounds < problem.IterationLimit)
            worker.Round(SecondsLeft, Stop);

        bool Stop() => cancellation.IsCancellationRequested || watch.Elapsed >= problem.TimeLimit;
    }

    private double SecondsLeft => Math.Max(0, (problem.TimeLimit - watch.Elapsed).TotalSeconds);

    private void Report(AffinityWorker?[] workers, IProgress<SearchProgress>? progress)
    {
        var started = workers.Where(w => w is not null).ToArray();
        if (progress is null || started.Length == 0)
            return;
        var rounds = started.Max(w => w!.Rounds);
        progress.Report(new SearchProgress(
            AffinityPolicy.Objective(chain, started.Max(w => w!.Kept)),
            rounds,
            SecondsLeft,
            Math.Max(Math.Min(1, watch.Elapsed / problem.TimeLimit), (double)rounds / problem.IterationLimit)));
    }
}
