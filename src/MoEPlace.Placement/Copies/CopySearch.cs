using System.Collections.Immutable;
using System.Diagnostics;
using MoEPlace.Evaluation;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// Divides experts so that tokens are copied least, counted on the tokens themselves. Two workers search until the time or the round
/// limit. At home the layers do not depend on each other: each worker has its own, and every layer keeps its best. Else all layers are
/// one chain: both workers walk through all of it, and the best of the two is the result.
/// </summary>
internal sealed class CopySearch
{
    /// <summary>Tokens that a walk begins with: their bits stay in the cache.</summary>
    private const int ThinnedTokens = 8192;

    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly PlacementProblem problem;
    private readonly CopyStart start;
    private readonly TokenBits tokens;
    private readonly TokenBits? thinned;

    /// <param name="problem">A problem with tokens; with a top-1 unless <paramref name="measure"/> is home.</param>
    /// <param name="measure">What is counted.</param>
    public CopySearch(PlacementProblem problem, CopyMeasure measure)
    {
        this.problem = problem;
        start = CopyStart.Of(problem);
        tokens = new TokenBits(problem, measure);
        thinned = tokens.Tokens > 2 * ThinnedTokens ? new TokenBits(problem, measure, ThinnedTokens) : null;
    }

    private bool Separate => tokens.Measure == CopyMeasure.Home;

    /// <summary>Searches.</summary>
    /// <param name="progress">Told several times a second.</param>
    /// <param name="cancellation">Ends the search with its best so far.</param>
    public CopyFound Run(IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        var workers = new CopyWorker?[SearchWorkers.Count];
        SearchWorkers.Run(index => Walk(workers, index, cancellation), () => Report(workers, progress));
        var reason = cancellation.IsCancellationRequested ? "interrupted"
            : workers.All(w => w!.Walks.Length == 0 || w.Rounds >= problem.IterationLimit) ? "iteration limit" : "time limit";
        var one = Separate || problem.RedundantSlots == 0 || problem.Conditions.Dispatch == ReplicaChoice.Even;
        return new CopyFound(
            Separate ? [ToSlots(workers!)] : [.. workers.OrderBy(w => w!.BestCost).Take(one ? 1 : SearchWorkers.Count).Select(w => ToSlots(w!))],
            workers.Sum(w => w!.Rounds),
            reason,
            start.RelaxedLayers);
    }

    private void Walk(CopyWorker?[] workers, int index, CancellationToken cancellation)
    {
        var layers = Enumerable.Range(0, problem.Model.Layers);
        int[][] chains = Separate ? [.. layers.Where(l => l % SearchWorkers.Count == index).Select(l => new[] { l })] : [[.. layers]];
        var worker = new CopyWorker(
            CopyStates.Of(problem, start, tokens, thinned), start, chains, new SeedStream(problem.Seed, "copies", index));
        workers[index] = worker;
        var end = problem.IterationLimit == long.MaxValue ? problem.TimeLimit.TotalSeconds : double.PositiveInfinity;
        while (worker.Walks.Length > 0 && !Stop() && worker.Rounds < problem.IterationLimit)
            worker.Round(() => watch.Elapsed.TotalSeconds, end, Stop);

        bool Stop() => cancellation.IsCancellationRequested || watch.Elapsed >= problem.TimeLimit;
    }

    /// <summary>[layer][rank][slot] -> expert, of all the layers that some workers walked through.</summary>
    private ImmutableArray<ImmutableArray<ImmutableArray<int>>> ToSlots(params CopyWorker[] workers)
    {
        var (n, slots) = (start.Items, new ImmutableArray<ImmutableArray<int>>[problem.Model.Layers]);
        foreach (var worker in workers)
            foreach (var walk in worker.Walks)
                for (var i = 0; i < walk.Layers.Length; i++)
                    slots[walk.Layers[i]] = CopyStart.ToSlots(
                        walk.BestExpertOf.AsSpan(i * n, n), walk.BestPartOf.AsSpan(i * n, n), problem.Cluster.Ranks);
        return [.. slots];
    }

    private void Report(CopyWorker?[] workers, IProgress<SearchProgress>? progress)
    {
        if (progress is null || workers.Any(w => w is null))
            return;
        var costs = workers.Select(w => w!.BestCost).ToArray();
        var rounds = workers.Max(w => w!.Rounds);
        progress.Report(new SearchProgress(
            Separate ? costs.Sum() : costs.Min(),
            rounds,
            Math.Max(0, (problem.TimeLimit - watch.Elapsed).TotalSeconds),
            Math.Max(Math.Min(1, watch.Elapsed / problem.TimeLimit), (double)rounds / problem.IterationLimit)));
    }
}
