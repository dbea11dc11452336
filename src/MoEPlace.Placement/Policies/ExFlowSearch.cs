using System.Diagnostics;
using MoEPlace.Placement.Solvers;

namespace MoEPlace.Placement.Policies;

/// <summary>One run of <see cref="ExFlowPolicy"/>: the placement so far, which begins contiguous, and what the solves told.</summary>
internal sealed class ExFlowSearch
{
    private readonly PlacementProblem problem;
    private readonly IIntegerSolver solver;
    private readonly ExFlowOptions options;
    private readonly IProgress<SearchProgress>? progress;
    private readonly CancellationToken cancellation;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly int layers, experts, nodes, ranksPerNode;
    private readonly int[] rankOf;
    private int solvesLeft;
    private int solves;

    internal ExFlowSearch(
        PlacementProblem problem, IIntegerSolver solver, ExFlowOptions options, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        (this.problem, this.solver, this.options, this.progress, this.cancellation) = (problem, solver, options, progress, cancellation);
        (layers, experts) = (problem.Model.Layers, problem.Model.Experts);
        (nodes, ranksPerNode) = (problem.Cluster.Nodes, problem.Cluster.RanksPerNode);
        rankOf = new int[layers * experts];
        for (var n = 0; n < rankOf.Length; n++)
            rankOf[n] = n % experts / problem.SlotsPerRank;
        solves = solvesLeft = (nodes > 1 ? 1 : 0) + (ranksPerNode > 1 ? nodes : 0);
        // Ranks of one node are all that is ever solved, or all there is; with several nodes the bound comes from the nodes.
        Bound = solves == 0 ? 0 : null;
    }

    /// <summary>[layers, experts] rank of each expert.</summary>
    internal ReadOnlySpan<int> RankOf => rankOf;

    /// <summary>No placement has a lower objective; null when nothing is known.</summary>
    internal double? Bound { get; private set; }

    /// <summary>True when every solve was proven within its gap.</summary>
    internal bool EveryStageProven { get; private set; } = true;

    /// <summary>Why solves ended early, in order; empty when none did.</summary>
    internal List<string> StopReasons { get; } = [];

    /// <summary>Branch-and-bound nodes of all solves.</summary>
    internal long BranchNodes { get; private set; }

    /// <summary>Wall-clock seconds so far.</summary>
    internal double Seconds => clock.Elapsed.TotalSeconds;

    /// <summary>GPU crossings + weight x node crossings of the placement so far.</summary>
    internal double Objective => CrossingCount.Objective(problem.Counts, rankOf, problem.Cluster);

    /// <summary>Solves nodes, then the ranks of each node.</summary>
    internal void Run()
    {
        if (nodes > 1)
        {
            var all = Enumerable.Range(0, experts).ToArray();
            var bound = Divide([.. Enumerable.Repeat(all, layers)], nodes, "nodes", firstRank: 0, ranksPerPart: ranksPerNode);
            // A node crossing is a GPU crossing too.
            Bound = (1 + problem.Cluster.NodeCrossingWeight) * bound;
        }
        for (var node = 0; node < nodes && ranksPerNode > 1; node++)
        {
            var members = new int[layers][];
            for (var layer = 0; layer < layers; layer++)
                members[layer] = [.. Enumerable.Range(0, experts).Where(e => rankOf[layer * experts + e] / ranksPerNode == node)];
            var bound = Divide(members, ranksPerNode, nodes > 1 ? $"ranks of node {node}" : "ranks", node * ranksPerNode, ranksPerPart: 1);
            if (nodes == 1)
                Bound = bound;
        }
        Report();
    }

    /// <summary>Divides some experts among parts and enters their ranks; returns the bound on their crossings.</summary>
    private double? Divide(int[][] members, int parts, string stage, int firstRank, int ranksPerPart)
    {
        Report();
        var program = ExFlowProgram.Create(problem.Counts, members, parts);
        var partOf = program.Contiguous();
        var (solution, stopped) = Solve(program, partOf);
        var least = program.Crossings(partOf);
        if (solution is { Values.Length: > 0 } && program.PartOf(solution.Values) is var found && program.Crossings(found) <= least)
            partOf = found;
        if (stopped is not null)
        {
            EveryStageProven = false;
            StopReasons.Add($"{stage}: {stopped}{(program.Crossings(partOf) == least ? ", nothing better than contiguous was found" : "")}");
        }
        Enter(members, partOf, parts, firstRank, ranksPerPart);
        // Crossings are whole numbers, the engine's bound is not.
        return solution?.Bound is { } bound ? Math.Max(0, Math.Ceiling(bound - 1e-6 * Math.Max(1, Math.Abs(bound)))) : null;
    }

    /// <summary>Solves one program within its share of the time; tells what stopped it, null when nothing did.</summary>
    private (IntegerSolution? Solution, string? Stopped) Solve(ExFlowProgram program, int[] start)
    {
        var limit = (problem.TimeLimit - clock.Elapsed) / solvesLeft--;
        if (limit > options.TimeLimitPerSolve)
            limit = options.TimeLimitPerSolve;
        if (cancellation.IsCancellationRequested)
            return (null, "interrupted");
        if (limit <= TimeSpan.Zero)
            return (null, "no time was left");
        var limits = new IntegerSolverOptions
        {
            TimeLimit = limit,
            NodeLimit = (int)Math.Min(problem.IterationLimit, int.MaxValue),
            RelativeGap = options.RelativeGap,
            Start = options.StartContiguous ? program.ValuesOf(start) : default(ReadOnlyMemory<double>),
        };
        try
        {
            var solution = solver.Solve(program.Program, limits, cancellation);
            BranchNodes += solution.Nodes;
            return solution.Status switch
            {
                IntegerStatus.Optimal => (solution, null),
                IntegerStatus.Feasible or IntegerStatus.LimitReached => (solution, "a limit was reached"),
                _ => throw new IntegerSolverException($"{solver.Name} calls a program {solution.Status} that contiguous placement satisfies."),
            };
        }
        catch (OperationCanceledException)
        {
            return (null, "interrupted");
        }
    }

    private void Enter(int[][] members, int[] partOf, int parts, int firstRank, int ranksPerPart)
    {
        var size = members[0].Length;
        var taken = new int[parts];
        for (var layer = 0; layer < layers; layer++)
        {
            Array.Clear(taken);
            for (var i = 0; i < size; i++)
            {
                // Until its own ranks are solved, a node is filled rank by rank.
                var part = partOf[layer * size + i];
                var within = taken[part]++ * ranksPerPart * parts / size;
                rankOf[layer * experts + members[layer][i]] = firstRank + part * ranksPerPart + within;
            }
        }
    }

    private void Report()
    {
        if (progress is null)
            return;
        var left = Math.Max(0, (problem.TimeLimit - clock.Elapsed).TotalSeconds);
        progress.Report(new SearchProgress(Objective, BranchNodes, left, solves == 0 ? 1 : 1 - (double)solvesLeft / solves));
    }
}
