using System.Diagnostics;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Solvers;

namespace MoEPlace.Placement.Policies.MoETuner;

/// <summary>One run of <see cref="MoETunerPolicy"/>: both programs within the time, and what the engine told.</summary>
internal sealed class MoETunerSearch
{
    /// <summary>The most coefficients of a second program that is built.</summary>
    private const long MostNonzeros = 2_000_000;

    /// <summary>The part of the time that the first programs get where there is a second.</summary>
    private const double ClusterShare = 0.75;

    private readonly PlacementProblem problem;
    private readonly IIntegerSolver solver;
    private readonly MoETunerOptions options;
    private readonly IProgress<SearchProgress>? progress;
    private readonly CancellationToken cancellation;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly int layers, experts, ranks;
    private readonly int[][] clusterOf;
    private TimeSpan overrun;
    private double imbalance;

    internal MoETunerSearch(
        PlacementProblem problem, IIntegerSolver solver, MoETunerOptions options, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        (this.problem, this.solver, this.options, this.progress, this.cancellation) = (problem, solver, options, progress, cancellation);
        (layers, experts, ranks) = (problem.Model.Layers, problem.Model.Experts, problem.Cluster.Ranks);
        clusterOf = new int[layers][];
        RankOf = new int[layers * experts];
    }

    /// <summary>[layers, experts] rank of each expert.</summary>
    internal int[] RankOf { get; }

    /// <summary>Layers whose clusters were proven within the gap.</summary>
    internal int ProvenLayers { get; private set; }

    /// <summary>How the clusters came to their ranks.</summary>
    internal string RanksBy { get; private set; } = "exact assignments";

    /// <summary>True when a limit, or an interruption, ended a program.</summary>
    internal bool Limited { get; private set; }

    /// <summary>Branch-and-bound nodes of all programs.</summary>
    internal long BranchNodes { get; private set; }

    internal void Run()
    {
        var chainNeedsProgram = problem.Cluster is { Nodes: > 1, RanksPerNode: > 1, NodeCrossingWeight: > 0 } && layers > 1;
        var clusterTime = problem.TimeLimit * (chainNeedsProgram ? ClusterShare : 1);
        for (var layer = 0; layer < layers; layer++)
        {
            clusterOf[layer] = Divide(layer, (clusterTime - clock.Elapsed) / (layers - layer));
            Report(layer);
        }
        var chain = new ClusterChain(problem.Counts, clusterOf, problem.Cluster);
        var rankOfCluster = chain.Assign();
        if (!chain.IsSeparable)
            rankOfCluster = Refine(chain, rankOfCluster);
        for (var layer = 0; layer < layers; layer++)
            for (var e = 0; e < experts; e++)
                RankOf[layer * experts + e] = rankOfCluster[layer][clusterOf[layer][e]];
    }

    /// <summary>Divides the experts of a layer over clusters of like load; what the engine does not better stays.</summary>
    private int[] Divide(int layer, TimeSpan share)
    {
        var load = problem.Counts.Load(layer);
        var best = new int[experts];
        BalancedDivision.Divide(
            load, problem.SlotsOf.AsSpan(), problem.SpeedOf.AsSpan(), 0, new SeedStream(problem.Seed, "moetuner start", layer), best);
        ClusterProgram.Number(best, ranks);
        var least = ClusterProgram.Deviation(load, best, ranks);
        if (ranks == 1 || ranks == experts || least == 0)
        {
            ProvenLayers++;
            return best;
        }
        if ((long)experts * ranks > ClusterProgram.MostBinaries)
        {
            Limited = true;
            return best;
        }
        var program = new ClusterProgram(load, ranks);
        if (Solve(program.Program, share, program.ValuesOf(best)) is not { } solution)
            return best;
        ProvenLayers += solution.Status == IntegerStatus.Optimal ? 1 : 0;
        var found = solution.Values.Length > 0 ? program.ClusterOf(solution.Values) : best;
        return ClusterProgram.Deviation(load, found, ranks) < least ? found : best;
    }

    /// <summary>Betters the ranks of the clusters by the second program, if it is not too large.</summary>
    private int[][] Refine(ClusterChain chain, int[][] start)
    {
        RanksBy = "assignments between fixed neighbours";
        if (ClusterChainProgram.Nonzeros(chain) is var nonzeros && nonzeros > MostNonzeros)
        {
            RanksBy += $", the program of {nonzeros} coefficients being too large";
            return start;
        }
        var program = new ClusterChainProgram(chain);
        if (Solve(program.Program, problem.TimeLimit - clock.Elapsed, program.ValuesOf(start)) is not { Values.Length: > 0 } solution)
            return start;
        var found = chain.AssignWithin(program.NodeOf(solution.Values));
        if (solution.Status == IntegerStatus.Optimal)
            RanksBy = "the program";
        else
            RanksBy += ", then the program until a limit was reached";
        return chain.Cost(found) < chain.Cost(start) ? found : start;
    }

    /// <summary>Runs the engine within a share of the time; null when there was none, or on interruption.</summary>
    private IntegerSolution? Solve(IntegerProgram program, TimeSpan share, double[] start)
    {
        // Engines need some time beyond their limit, to begin and to end: as much as they did so far.
        var limit = share - overrun;
        if (limit > options.TimeLimitPerProgram)
            limit = options.TimeLimitPerProgram;
        if (limit <= TimeSpan.Zero || cancellation.IsCancellationRequested)
        {
            Limited = true;
            return null;
        }
        try
        {
            var solution = solver.Solve(program, new IntegerSolverOptions
            {
                TimeLimit = limit,
                NodeLimit = (int)Math.Min(problem.IterationLimit, int.MaxValue),
                RelativeGap = options.RelativeGap,
                Start = start,
            }, cancellation);
            BranchNodes += solution.Nodes;
            Limited |= solution.Status != IntegerStatus.Optimal;
            if (TimeSpan.FromSeconds(solution.Seconds) - limit is var over && over > overrun)
                overrun = over;
            return solution.Status is IntegerStatus.Infeasible or IntegerStatus.Unbounded
                ? throw new IntegerSolverException($"{solver.Name} calls a program {solution.Status} that its start satisfies.")
                : solution;
        }
        catch (OperationCanceledException)
        {
            Limited = true;
            return null;
        }
    }

    private void Report(int layer)
    {
        if (progress is null)
            return;
        var load = problem.Counts.Load(layer);
        var sums = new long[ranks];
        for (var e = 0; e < experts; e++)
            sums[clusterOf[layer][e]] += load[e];
        imbalance += sums.Sum() > 0 ? sums.Max() / sums.Average() : 1;
        var left = Math.Max(0, (problem.TimeLimit - clock.Elapsed).TotalSeconds);
        progress.Report(new SearchProgress(imbalance / (layer + 1), BranchNodes, left, (layer + 1.0) / layers));
    }
}
