using MoEPlace.Placement.Policies.MoETuner;
using MoEPlace.Placement.Solvers;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Placement.Tests.Policies;

public sealed class MoETunerPolicyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("cbc", 1, 6, 2)]
    [InlineData("cbc", 2, 6, 3)]
    [InlineData("highs", 3, 8, 2)]
    [InlineData("cbc", 4, 9, 3)]
    public void Clusters_have_the_least_deviation_that_any_division_has(string engine, long seed, int experts, int ranks)
    {
        using var trace = TopOneTrace.Random(seed, experts, 2, 500);
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(1, ranks), trace.Counts);
        var solution = MoETunerPolicy.Place(problem, Engine(engine), new MoETunerOptions { RelativeGap = 0 }, null, Cancellation);
        for (var layer = 0; layer < 2; layer++)
        {
            var load = trace.Counts.Load(layer).ToArray();
            var least = ChainOracle.Divisions(experts, ranks).Min(division => SlowDeviation(load, division, ranks));
            var clusterOf = RankOf(solution.Placement, layer);
            Assert.Equal(least, SlowDeviation(load, clusterOf, ranks));
            Assert.Equal(least, ClusterProgram.Deviation(load, clusterOf, ranks));
        }
        Assert.Equal(SolveStatus.Feasible, solution.Summary.Status);
        Assert.Equal("clusters of 2 of 2 layers within the gap of 0; ranks by exact assignments", solution.Summary.StopReason);
    }

    [Fact]
    public void On_one_node_the_clusters_get_the_best_of_all_ranks()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 8, 4, 300);
            foreach (var cluster in new[] { TopOneTrace.Cluster(1, 4), TopOneTrace.Cluster(4, 1) })
            {
                var chain = new ClusterChain(trace.Counts, RandomClusters(seed, 4, 8, 4), cluster);
                Assert.True(chain.IsSeparable);
                Assert.Equal(LeastCost(chain), chain.Cost(chain.Assign()));
            }
        }
    }

    [Theory]
    [InlineData("cbc", 1)]
    [InlineData("cbc", 2)]
    [InlineData("highs", 3)]
    public void On_several_nodes_the_program_gives_the_best_of_all_ranks(string engine, int seed)
    {
        using var trace = TopOneTrace.Random(seed, 8, 4, 300);
        var chain = new ClusterChain(trace.Counts, RandomClusters(seed, 4, 8, 4), TopOneTrace.Cluster(2, 2));
        var program = new ClusterChainProgram(chain);
        var start = chain.Assign();
        var values = program.ValuesOf(start);
        Assert.Equal(0, program.Program.Violation(values));
        Assert.Equal(TotalCost(chain) + program.Program.ObjectiveOf(values) * chain.RankCost, chain.Cost(start), 1e-3);
        var solution = Engine(engine).Solve(program.Program, new IntegerSolverOptions { Start = values }, Cancellation);
        Assert.Equal(IntegerStatus.Optimal, solution.Status);
        var found = chain.AssignWithin(program.NodeOf(solution.Values));
        Assert.Equal(LeastCost(chain), chain.Cost(found));
        Assert.InRange(chain.Cost(start), chain.Cost(found), long.MaxValue);
    }

    [Fact]
    public void Places_on_nodes_and_says_how()
    {
        using var trace = TopOneTrace.Random(9, 8, 3, 300);
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(2, 2), trace.Counts);
        var solution = MoETunerPolicy.Place(problem, new CbcSolver(), null, null, Cancellation);
        Assert.EndsWith("ranks by the program", solution.Summary.StopReason, StringComparison.Ordinal);
        Assert.Equal("cbc", solution.Placement.Provenance.Options["solver"]);
        Assert.Equal(solution.Placement, MoETunerPolicy.Place(problem, new CbcSolver(), null, null, Cancellation).Placement);
    }

    [Fact]
    public void Random_shapes_give_valid_placements_where_the_engine_finds_nothing()
    {
        var random = new SeedStream(1, "moetuner policy");
        for (var run = 0; run < 30; run++)
        {
            var (nodes, ranksPerNode) = (1 + random.Next(3), 1 + random.Next(4));
            var experts = nodes * ranksPerNode * (1 + random.Next(4));
            using var trace = TopOneTrace.Random(run, experts, 1 + random.Next(3), 100);
            var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(nodes, ranksPerNode), trace.Counts);
            var solution = MoETunerPolicy.Place(problem, StubSolver.Late, null, null, Cancellation);
            Assert.All(solution.Placement.ToSlots(), layer => Assert.All(layer, rank => Assert.Equal(problem.SlotsPerRank, rank.Length)));
            Assert.Equal(DirectPolicyTests.Imbalance(problem, solution.Placement), solution.Summary.Objective, 1e-9);
            Assert.Equal(solution.Placement, MoETunerPolicy.Place(problem, StubSolver.Late, null, null, Cancellation).Placement);
        }
    }

    [Fact]
    public void The_time_is_shared_and_every_start_satisfies_its_program()
    {
        using var trace = TopOneTrace.Random(3, 8, 3, 200);
        var seen = new List<IntegerSolverOptions>();
        var solver = new StubSolver((program, options) =>
        {
            seen.Add(options);
            Assert.InRange(program.Violation(options.Start.Span), 0, 1e-12);
            return new IntegerSolution(IntegerStatus.LimitReached, null, null, [], 0, options.TimeLimit.TotalSeconds + 0.25);
        });
        var problem = PlacementProblem.Create(
            trace.Model, TopOneTrace.Cluster(2, 2), trace.Counts, timeLimit: TimeSpan.FromSeconds(40), iterationLimit: 7);
        var summary = MoETunerPolicy.Place(problem, solver, null, null, Cancellation).Summary;
        Assert.Equal(4, seen.Count);
        Assert.All(seen, options => Assert.Equal((7, 0.005), (options.NodeLimit, options.RelativeGap)));
        Assert.InRange(seen[0].TimeLimit.TotalSeconds, 8, 10);
        Assert.InRange(seen[1].TimeLimit.TotalSeconds, 13, 14.75);
        Assert.Equal(30, seen[3].TimeLimit.TotalSeconds);
        Assert.Equal(SolveStatus.Limit, summary.Status);
        Assert.Contains("clusters of 0 of 3 layers", summary.StopReason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interruption_leaves_balanced_clusters()
    {
        using var trace = TopOneTrace.Random(4, 8, 3, 200);
        using var source = new CancellationTokenSource();
        source.Cancel();
        var solver = new StubSolver((_, _) => throw new InvalidOperationException());
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(2, 2), trace.Counts);
        var solution = MoETunerPolicy.Place(problem, solver, null, null, source.Token);
        Assert.Equal(SolveStatus.Limit, solution.Summary.Status);
        Assert.InRange(solution.Summary.Objective, 1, 1.5);
    }

    [Fact]
    public void Refuses_what_it_cannot_do_with_every_fault_at_once()
    {
        using var trace = new TopOneTrace(4, [[0, 1], [2, 3]], Traces.ChoiceOrder.Unordered);
        var problem = PlacementProblem.Create(trace.Model, TopOneTrace.Cluster(1, 2), trace.Counts, redundantSlots: 2, maxImbalance: 1.1);
        var faults = Assert.Throws<InputException>(() => MoETunerPolicy.Place(
            problem, StubSolver.Late, new MoETunerOptions { RelativeGap = 2, TimeLimitPerProgram = TimeSpan.Zero }, null, Cancellation)).Faults;
        Assert.Equal(["--max-imbalance", "--redundant", "trace choice_order", "--solve-time-limit", "--gap"], faults.Select(f => f.Field));
    }

    private static IIntegerSolver Engine(string name) => name == "cbc" ? new CbcSolver() : new HighsSolver();

    private static int[] RankOf(ExpertPlacement placement, int layer) =>
        [.. Enumerable.Range(0, placement.Experts).Select(e => placement.RanksOf(new LayerId(layer), new ExpertId(e))[0])];

    private static long SlowDeviation(long[] load, int[] clusterOf, int clusters) => Enumerable.Range(0, clusters)
        .Sum(c => Math.Abs(load.Where((_, e) => clusterOf[e] == c).Sum() * clusters - load.Sum()));

    private static int[][] RandomClusters(long seed, int layers, int experts, int clusters) => [.. Enumerable.Range(0, layers).Select(layer =>
    {
        var clusterOf = Enumerable.Range(0, experts).Select(e => e % clusters).ToArray();
        new SeedStream(seed, "clusters", layer).Shuffle<int>(clusterOf);
        return clusterOf;
    })];

    private static long TotalCost(ClusterChain chain) =>
        Enumerable.Range(0, chain.Layers - 1).Sum(layer => chain.Flow(layer).ToArray().Sum()) * (chain.RankCost + chain.NodeCost);

    /// <summary>The least cost over all ranks of all layers, by dynamic programming over permutations.</summary>
    private static long LeastCost(ClusterChain chain)
    {
        var all = ChainOracle.Divisions(chain.Ranks, chain.Ranks).ToArray();
        var best = new long[all.Length];
        for (var layer = 0; layer + 1 < chain.Layers; layer++)
            best = [.. all.Select(next => all.Select((ranks, i) => best[i] + Step(chain, layer, ranks, next)).Min())];
        return best.Min();
    }

    private static long Step(ClusterChain chain, int layer, int[] from, int[] to)
    {
        var cost = 0L;
        for (var c = 0; c < chain.Ranks; c++)
        {
            for (var d = 0; d < chain.Ranks; d++)
            {
                var tokens = chain.Flow(layer)[c * chain.Ranks + d];
                cost += from[c] == to[d] ? 0 : tokens * chain.RankCost;
                cost += from[c] / chain.RanksPerNode == to[d] / chain.RanksPerNode ? 0 : tokens * chain.NodeCost;
            }
        }
        return cost;
    }
}
