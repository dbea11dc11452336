using System.Diagnostics;
using MoEPlace.Placement.Solvers;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class IntegerSolverTests
{
    private const double Free = double.PositiveInfinity;
    private static readonly IIntegerSolver[] Solvers = [new CbcSolver(), new HighsSolver()];

    public static TheoryData<string> Engines => ["cbc", "highs"];

    [Theory, MemberData(nameof(Engines))]
    public void Fills_a_knapsack(string engine)
    {
        double[] value = [60, 100, 120, 5], weight = [10, 20, 30, 1];
        var builder = new IntegerProgramBuilder();
        var items = value.Select(v => builder.AddBinary(-v)).ToArray();
        builder.AddRow(-Free, 50, items, weight);
        var solution = Solve(engine, builder.Build());
        Assert.Equal(IntegerStatus.Optimal, solution.Status);
        Assert.Equal(-220, solution.Objective);
        Assert.Equal(-220, solution.Bound!.Value, 1e-6);
        Assert.Equal([0, 1, 1, 0], solution.Values);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Finds_the_assignment_that_the_assignment_solver_finds(string engine)
    {
        const int n = 6;
        var stream = new SeedStream(3, "assignment as a program");
        var cost = new long[n * n];
        for (var k = 0; k < cost.Length; k++)
            cost[k] = stream.Next(1000);
        var builder = new IntegerProgramBuilder();
        foreach (var c in cost)
            builder.AddBinary(c);
        double[] ones = [1, 1, 1, 1, 1, 1];
        for (var i = 0; i < n; i++)
        {
            builder.AddRow(1, 1, [.. Enumerable.Range(0, n).Select(j => i * n + j)], ones);
            builder.AddRow(1, 1, [.. Enumerable.Range(0, n).Select(j => j * n + i)], ones);
        }
        Assert.Equal(new LinearAssignment(n).Minimize(cost, new int[n]), Solve(engine, builder.Build()).Objective);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Tells_infeasible_and_unbounded_apart(string engine)
    {
        foreach (var whole in new[] { true, false })
        {
            var infeasible = new IntegerProgramBuilder();
            var x = infeasible.AddColumn(0, 10, 1, whole);
            infeasible.AddRow(3, 4, [x], [100]);
            if (!whole)
                infeasible.AddRow(5, Free, [x], [100]);
            Assert.Equal(IntegerStatus.Infeasible, Solve(engine, infeasible.Build()).Status);

            var unbounded = new IntegerProgramBuilder();
            var (y, z) = (unbounded.AddColumn(0, Free, -1, whole), unbounded.AddColumn(-Free, Free, 0, whole));
            unbounded.AddRow(-Free, 5, [y, z], [1, -1]);
            var solution = Solve(engine, unbounded.Build());
            Assert.Equal(IntegerStatus.Unbounded, solution.Status);
            Assert.Empty(solution.Values);
            Assert.Null(solution.Objective);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void Solves_programs_without_whole_numbers_and_without_rows(string engine)
    {
        var relaxed = new IntegerProgramBuilder();
        relaxed.AddRow(1, 2.5, [relaxed.AddColumn(0, 10, -1, whole: false), relaxed.AddColumn(-4, 10, 3, whole: false)], [1, 1]);
        var solution = Solve(engine, relaxed.Build());
        Assert.Equal(IntegerStatus.Optimal, solution.Status);
        Assert.Equal(-18.5, solution.Objective!.Value, 1e-6);
        Assert.Equal(-18.5, solution.Bound!.Value, 1e-6);

        var bare = new IntegerProgramBuilder();
        bare.AddColumn(-3, 8, 2, whole: true);
        bare.AddColumn(-3.5, 8.25, -1, whole: true);
        Assert.Equal(-14, Solve(engine, bare.Build()).Objective!.Value, 1e-6);
    }

    [Fact]
    public void Both_engines_and_enumeration_agree_on_random_programs()
    {
        var stream = new SeedStream(11, "random programs");
        var found = 0;
        for (var round = 0; round < 12; round++)
        {
            var program = Random(stream, n: 2 + stream.Next(7), rows: 1 + stream.Next(4));
            var (cbc, highs) = (Solve("cbc", program), Solve("highs", program));
            var least = LeastByTryingAll(program);
            Assert.True(cbc.Status == highs.Status, $"round {round}: cbc {cbc.Status}, highs {highs.Status}");
            Assert.Equal(least is null ? IntegerStatus.Infeasible : IntegerStatus.Optimal, cbc.Status);
            if (least is null)
                continue;
            found++;
            Assert.Equal(least.Value, cbc.Objective!.Value, 1e-6);
            Assert.Equal(least.Value, highs.Objective!.Value, 1e-6);
            Assert.True(cbc.Bound <= least + 1e-6 && highs.Bound <= least + 1e-6, $"round {round}: bounds {cbc.Bound}, {highs.Bound}, least {least}");
        }
        Assert.InRange(found, 3, 11);
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_start_that_is_optimal_is_kept(string engine)
    {
        var program = HardPairs(8, 1);
        var best = Solve(engine, program);
        var again = Solve(engine, program, new IntegerSolverOptions { Start = best.Values });
        Assert.Equal(best.Objective, again.Objective);
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_start_survives_a_search_of_one_node(string engine)
    {
        const int items = 25;
        var program = MarketSplit(items);
        var start = new double[program.Columns];
        // The slacks of market split take up whatever the items leave.
        for (var i = 0; i < program.Rows; i++)
            start[items + 2 * i] = program.RowLower[i];
        Assert.Equal(0, program.Violation(start), 1e-9);
        var solution = Solve(engine, program, new IntegerSolverOptions { Start = start, NodeLimit = 1 });
        Assert.Equal(IntegerStatus.Feasible, solution.Status);
        Assert.True(solution.Objective <= program.ObjectiveOf(start));
        Assert.True(solution.Bound <= solution.Objective);
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_node_limit_ends_at_the_same_point_every_time(string engine)
    {
        var program = MarketSplit(16);
        var options = new IntegerSolverOptions { NodeLimit = 10 };
        var (first, second) = (Solve(engine, program, options), Solve(engine, program, options));
        Assert.Equal(IntegerStatus.Feasible, first.Status);
        Assert.Equal(first.Values, second.Values);
        Assert.Equal(first.Bound, second.Bound);
        Assert.Equal(first.Nodes, second.Nodes);
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_time_limit_ends_the_search(string engine)
    {
        var clock = Stopwatch.StartNew();
        var solution = Solve(engine, MarketSplit(40), new IntegerSolverOptions { TimeLimit = TimeSpan.FromSeconds(1) });
        Assert.True(solution.Status is IntegerStatus.Feasible or IntegerStatus.LimitReached, $"{solution.Status}");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.5, 45);
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_gap_ends_the_search_within_it(string engine)
    {
        var program = HardPairs(25, 5);
        var solution = Solve(engine, program, new IntegerSolverOptions { RelativeGap = 0.5 });
        Assert.Equal(IntegerStatus.Optimal, solution.Status);
        Assert.True((solution.Objective - solution.Bound) / Math.Abs(solution.Objective!.Value) <= 0.5 + 1e-6);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Cancelling_ends_the_search(string engine)
    {
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var clock = Stopwatch.StartNew();
        var options = new IntegerSolverOptions { TimeLimit = TimeSpan.FromMinutes(2) };
        Assert.ThrowsAny<OperationCanceledException>(() => Named(engine).Solve(MarketSplit(40), options, source.Token));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.5, 60);
        Assert.ThrowsAny<OperationCanceledException>(() => Named(engine).Solve(MarketSplit(40), options, source.Token));
    }

    [Theory, MemberData(nameof(Engines))]
    public void Several_threads_may_solve_at_once(string engine)
    {
        var programs = Enumerable.Range(0, engine == "cbc" ? 4 : 2).Select(seed => HardPairs(8, seed)).ToArray();
        var alone = programs.Select(p => Solve(engine, p).Objective).ToArray();
        var together = new double?[programs.Length];
        Parallel.For(0, programs.Length, i => together[i] = Solve(engine, programs[i]).Objective);
        Assert.Equal(alone, together);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Numbers_travel_exactly(string engine)
    {
        var builder = new IntegerProgramBuilder();
        double[] awkward = [1.0 / 3, 0.1, 123456.789012345, 1e-7];
        foreach (var value in awkward)
            builder.AddColumn(value, value, 1, whole: false);
        builder.AddColumn(0, 1, 1, whole: true);
        var solution = Solve(engine, builder.Build());
        Assert.Equal(awkward, solution.Values[..4]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Refuses_options_that_do_not_fit(string engine)
    {
        var program = HardPairs(3, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Solve(engine, program, new IntegerSolverOptions { TimeLimit = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solve(engine, program, new IntegerSolverOptions { NodeLimit = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solve(engine, program, new IntegerSolverOptions { RelativeGap = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Solve(engine, program, new IntegerSolverOptions { Start = new double[1] }));
    }

    internal static IIntegerSolver Named(string engine) => Solvers.Single(s => s.Name == engine);

    internal static IntegerSolution Solve(string engine, IntegerProgram program, IntegerSolverOptions? options = null) =>
        Named(engine).Solve(program, options ?? new IntegerSolverOptions(), TestContext.Current.CancellationToken);

    /// <summary>Equations with random factors that no choice of items meets; what is left over is paid for (Cornuejols and Dawande 1999).</summary>
    internal static IntegerProgram MarketSplit(int items)
    {
        var stream = new SeedStream(1, "market split");
        var builder = new IntegerProgramBuilder();
        for (var j = 0; j < items; j++)
            builder.AddBinary(0);
        for (var i = 0; i < 5; i++)
        {
            builder.AddColumn(0, Free, 1, whole: false);
            builder.AddColumn(0, Free, 1, whole: false);
        }
        for (var i = 0; i < 5; i++)
        {
            var factors = new double[items + 2];
            for (var j = 0; j < items; j++)
                factors[j] = stream.Next(100);
            var half = Math.Floor(factors.Sum() / 2);
            (factors[items], factors[items + 1]) = (1, -1);
            builder.AddRow(half, half, [.. Enumerable.Range(0, items), items + 2 * i, items + 2 * i + 1], factors);
        }
        return builder.Build();
    }

    /// <summary>Items of which some pairs exclude each other, under one weight limit.</summary>
    private static IntegerProgram HardPairs(int items, long seed)
    {
        var stream = new SeedStream(seed, "pairs");
        var builder = new IntegerProgramBuilder();
        for (var j = 0; j < items; j++)
            builder.AddBinary(-1 - stream.Next(50));
        for (var i = 0; i < items; i++)
            builder.AddRow(-Free, 1, [i, (i + 1 + stream.Next(items - 1)) % items], [1, 1]);
        builder.AddRow(-Free, 20 * items, [.. Enumerable.Range(0, items)], [.. Enumerable.Range(0, items).Select(_ => 10.0 + stream.Next(90))]);
        return builder.Build();
    }

    private static IntegerProgram Random(SeedStream stream, int n, int rows)
    {
        var builder = new IntegerProgramBuilder();
        for (var j = 0; j < n; j++)
        {
            var lower = stream.Next(3) - 2;
            builder.AddColumn(lower, lower + stream.Next(4), stream.Next(41) - 20, whole: true);
        }
        for (var i = 0; i < rows; i++)
        {
            var columns = Enumerable.Range(0, n).Where(_ => stream.Next(3) > 0).ToArray();
            var factors = columns.Select(_ => (double)(stream.Next(13) - 6)).ToArray();
            var right = stream.Next(9) - 4;
            var (lower, upper) = stream.Next(4) switch
            {
                0 => (right, Free),
                1 => (-Free, right),
                2 => ((double)right, (double)right + stream.Next(9)),
                _ => (right - 1, right + 1),
            };
            builder.AddRow(lower, upper, columns, factors);
        }
        return builder.Build();
    }

    private static double? LeastByTryingAll(IntegerProgram program)
    {
        double? least = null;
        var values = program.ColumnLower.ToArray();
        while (true)
        {
            if (program.Violation(values) < 1e-9 && !(program.ObjectiveOf(values) >= least))
                least = program.ObjectiveOf(values);
            var j = 0;
            for (; j < values.Length && values[j] == program.ColumnUpper[j]; j++)
                values[j] = program.ColumnLower[j];
            if (j == values.Length)
                return least;
            values[j]++;
        }
    }
}
