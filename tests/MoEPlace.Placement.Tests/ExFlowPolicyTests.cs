using System.Diagnostics;
using MoEPlace.Placement.Policies;
using MoEPlace.Placement.Solvers;
using MoEPlace.Results;
using MoEPlace.Tests.Shared;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class ExFlowPolicyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 4, 2, 4)]
    [InlineData(2, 6, 2, 3)]
    [InlineData(3, 6, 3, 3)]
    [InlineData(4, 4, 4, 3)]
    public void Both_engines_prove_the_optimum_that_all_divisions_have(long seed, int experts, int ranks, int layers)
    {
        using var trace = TopOneTrace.Random(seed, experts, layers, 300);
        var least = ChainOracle.LeastCrossings(trace.Counts, ranks);
        foreach (var engine in new[] { "cbc", "highs" })
        {
            var solution = Place(trace, TopOneTrace.Cluster(1, ranks), engine);
            Assert.Equal(SolveStatus.Optimal, solution.Summary.Status);
            Assert.Equal("proven optimal", solution.Summary.StopReason);
            Assert.Equal(least, solution.Summary.Objective);
            Assert.Equal(least, solution.Summary.Bound);
            Assert.Equal(0, solution.Summary.Gap);
            Assert.Equal(least, Crossings(trace.Counts, solution.Placement).Gpu);
        }
    }

    [Theory]
    [InlineData("cbc")]
    [InlineData("highs")]
    public void Divides_nodes_first_and_then_the_ranks_of_each(string engine)
    {
        const int layers = 2;
        using var trace = TopOneTrace.Random(5, 8, layers, 400);
        var cluster = TopOneTrace.Cluster(2, 2);
        var solution = Place(trace, cluster, engine);
        var (gpu, node) = Crossings(trace.Counts, solution.Placement);
        Assert.Equal(ChainOracle.LeastCrossings(trace.Counts, 2), node);
        Assert.Equal(gpu + 7.0 * node, solution.Summary.Objective);
        Assert.Equal(8.0 * node, solution.Summary.Bound);
        Assert.Equal(SolveStatus.Feasible, solution.Summary.Status);
        var within = 0L;
        for (var n = 0; n < 2; n++)
        {
            var members = Enumerable.Range(0, layers).Select(layer => Enumerable.Range(0, 2)
                .SelectMany(r => solution.Placement.ExpertsOn(new LayerId(layer), new RankId(2 * n + r)).ToArray()).Order().ToArray()).ToArray();
            within += ChainOracle.LeastCrossings(trace.Counts, 2, members);
        }
        Assert.Equal(node + within, gpu);
    }

    [Fact]
    public void One_rank_per_node_is_proven_by_the_nodes_alone()
    {
        using var trace = TopOneTrace.Random(6, 4, 3, 200);
        var solution = Place(trace, TopOneTrace.Cluster(2, 1), "cbc");
        Assert.Equal(SolveStatus.Optimal, solution.Summary.Status);
        Assert.Equal(8.0 * ChainOracle.LeastCrossings(trace.Counts, 2), solution.Summary.Objective);
    }

    [Fact]
    public void One_rank_needs_no_solver()
    {
        using var trace = TopOneTrace.Random(7, 4, 3, 50);
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(1, 1), trace.Counts);
        var summary = ExFlowPolicy.Place(problem, new StubSolver((_, _) => throw new InvalidOperationException()), null, null, Cancellation).Summary;
        Assert.Equal((SolveStatus.Optimal, 0.0, 0.0), (summary.Status, summary.Objective, summary.Bound));
    }

    [Fact]
    public void Stays_contiguous_where_the_solver_finds_nothing()
    {
        using var trace = TopOneTrace.Random(8, 8, 3, 200);
        var solver = new StubSolver((_, _) => new IntegerSolution(IntegerStatus.LimitReached, null, 3.2, [], 17, 1));
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(2, 2), trace.Counts);
        var solution = ExFlowPolicy.Place(problem, solver, null, null, Cancellation);
        Assert.Equal([0, 1], solution.Placement.ExpertsOn(new LayerId(1), new RankId(0)));
        Assert.Equal([4, 5], solution.Placement.ExpertsOn(new LayerId(2), new RankId(2)));
        Assert.Equal(SolveStatus.Limit, solution.Summary.Status);
        Assert.Equal(8 * 4, solution.Summary.Bound);
        Assert.Equal(3 * 17, solution.Summary.Iterations);
        Assert.Contains("nodes: a limit was reached, nothing better than contiguous was found", solution.Summary.StopReason, StringComparison.Ordinal);
        Assert.Contains("ranks of node 1", solution.Summary.StopReason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_solved_when_interrupted_stays_contiguous()
    {
        using var trace = TopOneTrace.Random(9, 8, 3, 200);
        using var source = new CancellationTokenSource();
        var solver = new StubSolver((program, options) =>
        {
            source.Cancel();
            return new CbcSolver().Solve(program, options, Cancellation);
        });
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(2, 2), trace.Counts);
        var solution = ExFlowPolicy.Place(problem, solver, null, null, source.Token);
        Assert.Equal(ChainOracle.LeastCrossings(trace.Counts, 2), Crossings(trace.Counts, solution.Placement).Node);
        const string kept = "interrupted, nothing better than contiguous was found";
        Assert.Equal($"ranks of node 0: {kept}; ranks of node 1: {kept}", solution.Summary.StopReason);
    }

    [Fact]
    public void An_iteration_limit_is_a_limit_in_branch_and_bound_nodes_and_the_time_is_shared()
    {
        using var trace = TopOneTrace.Random(10, 8, 4, 500);
        var seen = new List<IntegerSolverOptions>();
        var solver = new StubSolver((program, options) =>
        {
            seen.Add(options);
            Assert.True(program.Violation(options.Start.Span) == 0, "the start does not satisfy the program");
            return new IntegerSolution(IntegerStatus.LimitReached, null, null, [], 0, 0);
        });
        var problem = PlacementProblem.Create(
            trace.Model, TopOneTrace.Cluster(2, 2), trace.Counts, timeLimit: TimeSpan.FromSeconds(30), iterationLimit: 7);
        var summary = ExFlowPolicy.Place(problem, solver, new ExFlowOptions { TimeLimitPerSolve = TimeSpan.FromSeconds(12) }, null, Cancellation).Summary;
        Assert.All(seen, options => Assert.Equal(7, options.NodeLimit));
        Assert.InRange(seen[0].TimeLimit.TotalSeconds, 9, 10);
        Assert.Equal(12, seen[2].TimeLimit.TotalSeconds);
        Assert.Null(summary.Bound);
        Assert.Null(summary.Gap);
    }

    [Fact]
    public void Refuses_what_its_program_cannot_say()
    {
        using var trace = new TopOneTrace(4, [[0, 1], [2, 3]], ChoiceOrder.Unordered);
        var problem = PlacementProblem.Create(
            trace.Model, TopOneTrace.Cluster(1, 2), trace.Counts, redundantSlots: 2, maxImbalance: 1.1);
        var options = new ExFlowOptions { RelativeGap = 2, TimeLimitPerSolve = TimeSpan.Zero };
        var faults = Assert.Throws<InputException>(() => ExFlowPolicy.Place(problem, new CbcSolver(), options, null, Cancellation)).Faults;
        Assert.Equal(["--max-imbalance", "--redundant", "trace choice_order", "--solve-time-limit", "--gap"], faults.Select(f => f.Field));
    }

    [Fact]
    public void Refuses_a_program_that_would_not_fit_into_memory()
    {
        var stream = new SeedStream(1, "large");
        var tokens = Enumerable.Range(0, 20_000).Select(_ => Enumerable.Range(0, 4).Select(_ => (ushort)stream.Next(256)).ToArray());
        using var trace = new TopOneTrace(256, [.. tokens]);
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(1, 64), trace.Counts);
        var fault = Assert.Throws<InputException>(() => ExFlowPolicy.Place(problem, new CbcSolver(), null, null, Cancellation)).Faults.Single();
        Assert.Contains("10000000", fault.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_limit_holds_inside_the_first_relaxation_of_a_large_program_and_the_start_is_kept()
    {
        using var trace = TopOneTrace.Random(11, 32, 16, 20_000);
        var everyExpert = Enumerable.Repeat(Enumerable.Range(0, 32).ToArray(), 16).ToArray();
        var program = ExFlowProgram.Create(trace.Counts, everyExpert, 8);
        var start = program.Contiguous();
        var clock = Stopwatch.StartNew();
        var solution = new CbcSolver().Solve(
            program.Program, new IntegerSolverOptions { TimeLimit = TimeSpan.FromSeconds(1), Start = program.ValuesOf(start) }, Cancellation);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 45);
        Assert.Equal(IntegerStatus.Feasible, solution.Status);
        Assert.True(solution.Objective <= program.Crossings(start));
        Assert.Equal(solution.Objective, program.Crossings(program.PartOf(solution.Values)));
    }

    [Fact]
    public void Both_engines_prove_the_optimum_of_four_layers_of_gpt_oss_folded_to_eight_experts()
    {
        const int layers = 4, experts = 8;
        var file = SharedData.Path("traces", "gpt-oss-20b", "subset.ids.u8.npy");
        using var trace = new TopOneTrace(experts, FoldedTopOne(file, layers, experts));
        Assert.Equal(59_998, trace.Counts.Tokens);
        var least = ChainOracle.LeastCrossings(trace.Counts, 2);
        foreach (var engine in new[] { "cbc", "highs" })
        {
            var solution = Place(trace, TopOneTrace.Cluster(1, 2), engine);
            TestContext.Current.TestOutputHelper!.WriteLine($"{engine}: {solution.Summary} in {solution.Seconds:F2} s");
            Assert.Equal(SolveStatus.Optimal, solution.Summary.Status);
            Assert.Equal(least, solution.Summary.Objective);
            Assert.Equal(least, solution.Summary.Bound);
            Assert.Equal(least, Crossings(trace.Counts, solution.Placement).Gpu);
        }
    }

    private static PlacementSolution Place(TopOneTrace trace, Cluster cluster, string engine)
    {
        var problem = PlacementProblem.Create(trace.Model, cluster, trace.Counts, objective: PlacementObjective.Crossing, timeLimit: TimeSpan.FromMinutes(2));
        return ExFlowPolicy.Place(problem, IntegerSolverTests.Named(engine), null, null, Cancellation);
    }

    private static (long Gpu, long Node) Crossings(RoutingCounts counts, ExpertPlacement placement)
    {
        var (gpu, node) = (0L, 0L);
        for (var layer = 0; layer + 1 < counts.Layers; layer++)
        {
            for (var a = 0; a < counts.Experts; a++)
            {
                for (var b = 0; b < counts.Experts; b++)
                {
                    var from = placement.RanksOf(new LayerId(layer), new ExpertId(a))[0];
                    var to = placement.RanksOf(new LayerId(layer + 1), new ExpertId(b))[0];
                    var weight = counts.Transitions(layer)[a * counts.Experts + b];
                    gpu += from != to ? weight : 0;
                    node += placement.NodeOf(new RankId(from)) != placement.NodeOf(new RankId(to)) ? weight : 0;
                }
            }
        }
        return (gpu, node);
    }

    /// <summary>[tokens][layers]: of [tokens, 24, 4] bytes by falling weight, the first choice of the first layers, modulo experts.</summary>
    private static ushort[][] FoldedTopOne(string file, int layers, int experts)
    {
        var bytes = File.ReadAllBytes(file);
        var first = 10 + BitConverter.ToUInt16(bytes, 8);
        return [.. Enumerable.Range(0, (bytes.Length - first) / (24 * 4))
            .Select(t => Enumerable.Range(0, layers).Select(layer => (ushort)(bytes[first + (t * 24 + layer) * 4] % experts)).ToArray())];
    }
}
