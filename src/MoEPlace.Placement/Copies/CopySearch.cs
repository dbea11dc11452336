using System.Diagnostics;
using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// Divides experts so that tokens are copied least, counted on the tokens themselves. Two workers search until the time or the round
/// limit. At home the layers do not depend on each other: each worker has its own, and every layer keeps its best. Coherent, all layers
/// are one chain: both workers walk through all of it, and the best of the two is the result.
/// </summary>
internal sealed class CopySearch
{
    /// <summary>Fixed, and not the number of cores, so that results do not depend on the machine.</summary>
    private const int Workers = 2;

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(200);
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly PlacementProblem problem;
    private readonly LoadLimit limit;
    private readonly CopyTokens tokens;
    private readonly CopyTokens? coarse;

    public CopySearch(PlacementProblem problem, CopyMeasure measure)
    {
        this.problem = problem;
        limit = LoadLimit.Of(problem);
        tokens = new CopyTokens(problem, measure);
        var ct = int.TryParse(Environment.GetEnvironmentVariable("CT"), out var v) ? v : 4096;
        coarse = ct > 0 && tokens.Tokens > ct * 2 ? new CopyTokens(problem, measure, ct) : null;
    }

    private double SecondsLeft => Math.Max(0, (problem.TimeLimit - Clock).TotalSeconds);

    /// <summary>Searches.</summary>
    /// <param name="progress">Told several times a second.</param>
    /// <param name="cancellation">Ends the search with its best so far.</param>
    public AffinityFound Run(IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        var workers = new CopyWorker?[Workers];
        var threads = new Task[Workers];
        for (var w = 0; w < Workers; w++)
        {
            var index = w;
            threads[w] = Task.Factory.StartNew(
                () => Walk(workers, index, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        while (!Task.WaitAll(threads, ReportEvery))
            Report(workers, progress);
        var reason = cancellation.IsCancellationRequested ? "interrupted"
            : workers.All(w => w!.Rounds >= problem.IterationLimit) ? "iteration limit" : "time limit";
        return new AffinityFound(Best(workers!), workers.Sum(w => w!.Rounds), reason, limit.RelaxedLayers);
    }

    private void Walk(CopyWorker?[] workers, int index, CancellationToken cancellation)
    {
        var layers = Enumerable.Range(0, problem.Model.Layers);
        int[][] chains = tokens.Measure == CopyMeasure.Home ? [.. layers.Where(l => l % Workers == index).Select(l => new[] { l })] : [[.. layers]];
        var load = layers.Select(l => problem.Counts.Load(l).ToArray()).ToArray();
        var state = State(tokens, load);
        var worker = new CopyWorker(state, coarse is null ? null : State(coarse, load), limit.Most, limit.Balanced, chains, new SeedStream(problem.Seed, "copies", index));
        workers[index] = worker;
        var paced = problem.IterationLimit == long.MaxValue;
        while (!Stop() && worker.Rounds < problem.IterationLimit)
            worker.Round(() => Clock.TotalSeconds, paced ? SecondsLeft : double.PositiveInfinity, Stop);

        bool Stop() => cancellation.IsCancellationRequested || Clock >= problem.TimeLimit;
    }

    private TimeSpan Clock => Environment.GetEnvironmentVariable("CPU") != null ? Environment.CpuUsage.TotalTime / 2 - cpu0 / 2 : watch.Elapsed;
    private readonly TimeSpan cpu0 = Environment.CpuUsage.TotalTime;

    private CopyState State(CopyTokens of, long[][] load) =>
        new(of, new CopyItems(of, load), problem.Cluster.Ranks, problem.Cluster.Nodes, problem.Cluster.NodeCrossingWeight);

    private int[] Best(CopyWorker[] workers)
    {
        if (tokens.Measure != CopyMeasure.Home)
            return workers.MinBy(w => w.BestCost.Sum())!.Best;
        var (best, n) = (workers[0].Best.ToArray(), workers[0].Best.Length / problem.Model.Layers);
        for (var layer = 0; layer < problem.Model.Layers; layer++)
            workers[layer % Workers].Best.AsSpan(layer * n, n).CopyTo(best.AsSpan(layer * n));
        return best;
    }

    private void Report(CopyWorker?[] workers, IProgress<SearchProgress>? progress)
    {
        if (progress is null || workers.Any(w => w is null))
            return;
        var costs = workers.Select(w => w!.BestCost.Sum()).ToArray();
        var rounds = workers.Max(w => w!.Rounds);
        progress.Report(new SearchProgress(
            tokens.Measure == CopyMeasure.Home ? costs.Sum() : costs.Min(),
            rounds,
            SecondsLeft,
            Math.Max(Math.Min(1, watch.Elapsed / problem.TimeLimit), (double)rounds / problem.IterationLimit)));
    }
}
