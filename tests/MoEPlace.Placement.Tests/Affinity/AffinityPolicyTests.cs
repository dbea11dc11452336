using MoEPlace.Evaluation;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Policies;
using MoEPlace.Results;
using MoEPlace.Tests.Shared;
using MoEPlace.Traces;
using MoEPlace.Traces.Synthesis;
using Xunit;

namespace MoEPlace.Placement.Tests.Affinity;

public sealed class AffinityPolicyTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 4, 50e9)]
    [InlineData(2, 2, 50e9)]
    [InlineData(2, 1, 50e9)]
    [InlineData(2, 2, 44.7e9)]
    public void Its_objective_is_the_crossings_that_the_judge_counts(int nodes, int ranksPerNode, double inter)
    {
        using var trace = Synthetic(16);
        var problem = Problem(trace, PlacementSamples.Cluster(nodes, ranksPerNode, inter: inter), PlacementObjective.Crossing);
        var solution = AffinityPolicy.Place(problem, null, Cancellation);
        var judged = Judge(problem, solution.Placement);
        var pairs = judged.Tokens * (problem.Model.Layers - 1);
        var counted = judged.GpuCrossingFraction!.Value * pairs + problem.Cluster.NodeCrossingWeight * judged.NodeCrossingFraction!.Value * pairs;
        Assert.Equal(counted, solution.Summary.Objective, 1e-6 * counted);
        Assert.True(counted < 0.9 * Crossings(problem, ContiguousPolicy.Place(problem).Placement));
    }

    [Theory]
    [InlineData(PlacementObjective.Crossing, 0.5, false)]
    [InlineData(PlacementObjective.Copies, 0.5, false)]
    [InlineData(PlacementObjective.Crossing, 2.5, true)]
    [InlineData(PlacementObjective.Step, 2.5, true)]
    public void Holds_the_load_limit_in_every_layer_and_names_the_layers_that_cannot(PlacementObjective objective, double zipf, bool relaxes)
    {
        using var trace = Synthetic(16, zipf);
        var problem = Problem(trace, PlacementSamples.Cluster(1, 4), objective) with { MaxImbalance = 1.05 };
        var solution = AffinityPolicy.Place(problem, null, Cancellation);
        Assert.Equal(relaxes, solution.Summary.RelaxedLayers.Length > 0);
        for (var layer = 0; layer < problem.Model.Layers; layer++)
        {
            var imbalance = Imbalance(problem, solution.Placement, layer);
            if (solution.Summary.RelaxedLayers.Contains(layer))
                Assert.InRange(imbalance, 1.05, HeaviestWithLightest(problem, layer) + 1e-9);
            else
                Assert.InRange(imbalance, 1, 1.05);
        }
    }

    [Theory]
    [InlineData(PlacementObjective.Crossing)]
    [InlineData(PlacementObjective.Copies)]
    [InlineData(PlacementObjective.Step)]
    public void The_same_seed_and_iteration_limit_give_the_same_placement(PlacementObjective objective)
    {
        using var trace = Synthetic(16);
        var problem = Problem(trace, PlacementSamples.Cluster(2, 2), objective, bound: true);
        var first = AffinityPolicy.Place(problem, null, Cancellation);
        var second = AffinityPolicy.Place(problem, null, Cancellation);
        Assert.Equal(first.Placement, second.Placement);
        Assert.Equal(first.Summary.Objective, second.Summary.Objective);
        Assert.InRange(first.Summary.Bound!.Value, 0, first.Summary.Objective);
        Assert.Equal("iteration limit", first.Summary.StopReason);
    }

    [Theory]
    [InlineData(Residency.Home)]
    [InlineData(Residency.Coherent)]
    public void Fewer_copies_than_contiguous_and_eplb_when_copies_are_the_objective(Residency residency)
    {
        using var trace = Synthetic(16);
        var problem = Problem(trace, PlacementSamples.Cluster(1, 4), PlacementObjective.Copies) with { Conditions = new EvaluationOptions { Residency = residency } };
        var copies = Judge(problem, AffinityPolicy.Place(problem, null, Cancellation).Placement).RankCopiesPerTokenLayer;
        Assert.True(copies < Judge(problem, ContiguousPolicy.Place(problem).Placement).RankCopiesPerTokenLayer);
        Assert.True(copies < Judge(problem, EplbPolicy.Place(problem).Placement).RankCopiesPerTokenLayer);
    }

    [Fact]
    public void A_step_is_never_slower_than_with_balanced_load_alone()
    {
        using var trace = Synthetic(16, zipf: 1.0);
        var problem = Problem(trace, PlacementSamples.Cluster(2, 2), PlacementObjective.Step);
        var solution = AffinityPolicy.Place(problem, null, Cancellation);
        Assert.Equal(Judge(problem, solution.Placement).StepSeconds!.Value, solution.Summary.Objective);
        var balanced = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, LoadLimit.Of(problem with { MaxImbalance = 1 }).Balanced, PlacementSamples.Provenance);
        Assert.True(solution.Summary.Objective <= Judge(problem, balanced).StepSeconds);
    }

    [Fact]
    public void Finds_the_optimum_of_small_chains()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 6, 4, 400);
            var problem = PlacementProblem.Create(
                trace.Model, TopOneTrace.Cluster(1, 3), trace.Counts, objective: PlacementObjective.Crossing, timeLimit: TimeSpan.FromMinutes(5), iterationLimit: 2) with
            { WantsBound = false };
            var chain = ChainOf.Crossing(problem, LoadLimit.Of(problem).Most);
            var least = (chain.TotalWeight - RandomChain.BestKept(chain)) / (double)ChainOf.Unit;
            Assert.Equal(least, AffinityPolicy.Place(problem, null, Cancellation).Summary.Objective);
        }
    }

    [Fact]
    public void A_cancelled_search_returns_a_valid_placement_at_once()
    {
        using var trace = Synthetic(16);
        var problem = Problem(trace, PlacementSamples.Cluster(1, 4), PlacementObjective.Crossing) with { IterationLimit = long.MaxValue };
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var solution = AffinityPolicy.Place(problem, null, cancelled.Token);
        Assert.Equal("interrupted", solution.Summary.StopReason);
        Assert.InRange(solution.Seconds, 0, 10);
        Assert.Equal(Crossings(problem, solution.Placement), solution.Summary.Objective, 1e-6 * solution.Summary.Objective);
    }

    [Fact]
    public void One_rank_crosses_nothing_and_that_is_proven_best()
    {
        using var trace = Synthetic(8);
        var summary = AffinityPolicy.Place(Problem(trace, PlacementSamples.Cluster(1, 1), PlacementObjective.Crossing, bound: true), null, Cancellation).Summary;
        Assert.Equal((SolveStatus.Optimal, 0.0, 0.0), (summary.Status, summary.Objective, summary.Bound!.Value));
    }

    [Fact]
    public void A_step_without_a_load_limit_relaxes_no_layer()
    {
        using var trace = Synthetic(16, zipf: 2.5);
        var problem = Problem(trace, PlacementSamples.Cluster(1, 4), PlacementObjective.Step);
        Assert.Empty(AffinityPolicy.Place(problem, null, Cancellation).Summary.RelaxedLayers);
    }

    [Fact]
    public void A_time_limit_that_is_not_reached_changes_nothing()
    {
        using var trace = Synthetic(16);
        var problem = Problem(trace, PlacementSamples.Cluster(1, 4), PlacementObjective.Crossing);
        var placements = new[] { 60, 100, 1000 }.Select(s => AffinityPolicy.Place(problem with { TimeLimit = TimeSpan.FromSeconds(s) }, null, Cancellation).Placement);
        Assert.Single(placements.Distinct());
    }

    [Fact]
    public void Refuses_what_it_cannot_place_with_every_reason()
    {
        using var trace = Synthetic(8);
        var problem = Problem(trace, PlacementSamples.Cluster(1, 4), PlacementObjective.Step) with { RedundantSlots = 4, Slice = null, Model = trace.Model with { Dimensions = null } };
        Assert.Equal(["--redundant", "--objective", "--objective"], Assert.Throws<InputException>(() => AffinityPolicy.Place(problem, null, Cancellation)).Faults.Select(f => f.Field));
    }

    [Fact]
    public void Gpt_oss_on_eight_ranks_crosses_far_less_than_half_on_tokens_that_it_has_not_seen()
    {
        using var recorded = RecordedTrace.GptOss();
        foreach (var (limit, most) in new (double?, double)[] { (null, 0.445), (1.05, 0.565) })
        {
            var train = new TraceSlice(recorded.Trace, TraceSplit.Train);
            var problem = PlacementProblem.Create(
                recorded.Trace.Model, ClusterPresets.Parse("1x8"), RoutingCounts.Of(train), train, PlacementObjective.Crossing, maxImbalance: limit,
                timeLimit: TimeSpan.FromMinutes(5), iterationLimit: 1) with
            { WantsBound = false };
            var solution = AffinityPolicy.Place(problem, null, Cancellation);
            var test = PlacementCost.Evaluate(new TraceSlice(recorded.Trace, TraceSplit.Test), solution.Placement, problem.Cluster, new EvaluationOptions()).Measures;
            Assert.InRange(test.GpuCrossingFraction!.Value, 0, most);
            Assert.True(limit is null || Judge(problem, solution.Placement).ImbalanceMax <= limit);
            Assert.Empty(solution.Summary.RelaxedLayers);
        }
    }

    public void Dispose() => folder.Delete(recursive: true);

    private RoutingTrace Synthetic(int experts, double zipf = 0.5)
    {
        var path = Path.Combine(folder.FullName, "trace.safetensors");
        var dimensions = new ModelDimensions(256, 512, 0, 0, 1000, 4, 4, 64, 64, 0, 0, 0, 2, 2, 2);
        TraceSynthesis.Write(
            path,
            new TraceSynthesisOptions
            {
                Model = new MoEModel("synthetic", 4, [0, 1, 2, 3], experts, 2, dimensions),
                Tokens = 3000,
                Sequences = 30,
                Affinity = 0.7,
                ZipfExponent = zipf,
            },
            Cancellation);
        return RoutingTrace.Open(path);
    }

    private static PlacementProblem Problem(RoutingTrace trace, Cluster cluster, PlacementObjective objective, bool bound = false)
    {
        var slice = new TraceSlice(trace, TraceSplit.All);
        return PlacementProblem.Create(
            trace.Model, cluster, RoutingCounts.Of(slice), slice, objective, timeLimit: TimeSpan.FromMinutes(5), iterationLimit: 1)
            with
        { WantsBound = bound };
    }

    private static PlacementMeasures Judge(PlacementProblem problem, ExpertPlacement placement) =>
        PlacementCost.Evaluate(problem.Slice!, placement, problem.Cluster, problem.Conditions).Measures;

    private static double Crossings(PlacementProblem problem, ExpertPlacement placement)
    {
        var judged = Judge(problem, placement);
        return (judged.GpuCrossingFraction!.Value + problem.Cluster.NodeCrossingWeight * judged.NodeCrossingFraction!.Value)
            * judged.Tokens * (problem.Model.Layers - 1);
    }

    private static double Imbalance(PlacementProblem problem, ExpertPlacement placement, int layer)
    {
        var loads = new double[placement.Ranks];
        LoadImbalance.RankLoads(placement, new LayerId(layer), problem.Counts.Load(layer), loads);
        return loads.Max() / loads.Average();
    }

    /// <summary>A layer that one expert dominates: its rank cannot carry less than it and the lightest others.</summary>
    private static double HeaviestWithLightest(PlacementProblem problem, int layer)
    {
        var load = problem.Counts.Load(layer).ToArray();
        var slots = problem.Model.Experts / problem.Cluster.Ranks;
        return (load.Max() + load.Order().Take(slots - 1).Sum()) * (double)problem.Cluster.Ranks / load.Sum();
    }
}
