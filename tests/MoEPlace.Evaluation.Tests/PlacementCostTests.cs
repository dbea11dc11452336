using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Evaluation.Tests;

public sealed class PlacementCostTests
{
    // Two nodes of two ranks; in both layers expert e is on rank e. Three tokens in three sequences: homes 0, 1, 2.
    private static readonly MoEModel Model = TestModels.Model(2, 4, 2);
    private static readonly Cluster FourRanks = TestModels.Cluster(2, 2);
    private static readonly int[][][] Tokens = [[[0, 1], [1, 3]], [[3, 2], [3, 0]], [[2, -1], [-1, -1]]];

    [Fact]
    public void At_home_measures_are_those_counted_by_hand()
    {
        using var test = TestTrace.Of(Model, Tokens);
        var e = PlacementCost.Evaluate(test.Slice(), TestModels.Contiguous(Model, FourRanks), FourRanks, new EvaluationOptions());
        // Token 0 goes from 0 to {1} and {1, 3}; token 1 from 1 to {3, 2} and {3, 0}; token 2 is where its expert is.
        Assert.Equal(2 * 7 / 6.0, e.Measures.RankCopiesPerTokenLayer!.Value, 1e-12);
        // Other nodes: token 0 none and one; token 1 one and one.
        Assert.Equal(2 * 3 / 6.0, e.Measures.NodeCopiesPerTokenLayer!.Value, 1e-12);
        // Top-1: 0 to 1 crosses ranks, 3 to 3 does not, token 2 has no second.
        Assert.Equal(0.5, e.Measures.GpuCrossingFraction);
        Assert.Equal(0, e.Measures.NodeCrossingFraction);
        Assert.Equal(7 * 8, e.Measures.DispatchBytes);
        Assert.Equal(7 * 8, e.Measures.CombineBytes);
        Assert.Equal(0, e.Measures.ContextBytes);
        // Ranks of other nodes: token 0 none and {3}; token 1 {3, 2} and {3}; out and back.
        Assert.Equal(2 * 4 * 8, e.Measures.InterNodeBytes);
        // Loads 1, 1, 2, 1 and 1, 1, 0, 2.
        Assert.Equal([1, 1, 2, 1], e.Detail.LoadByLayerAndRank[0]);
        Assert.Equal([1, 1, 0, 2], e.Detail.LoadByLayerAndRank[1]);
        Assert.Equal((2 * 4 / 5.0 + 2) / 2, e.Measures.ImbalanceMean, 1e-12);
        Assert.Equal(2, e.Measures.ImbalanceP95);
        Assert.Equal(2, e.Measures.ImbalanceMax);
        Assert.Equal([0.5], e.Detail.GpuCrossingByLayer);
        Assert.Equal([2 * 3 / 3.0, 2 * 4 / 3.0], e.Detail.RankCopiesByLayer);
        Assert.Equal([0, 1, 2, 3], e.Detail.RankOfExpert[1]);
        Assert.Equal(e.Step!.TotalSeconds, e.Measures.StepSeconds);
        // 2 experts of 48; 96 attention + 104 shared and gate + 80 embedding parameters of 2 bytes; a third of the cache of
        // 512 x 1,024 tokens x 2 layers x 8.
        Assert.Equal(96 + 560 + 2_796_203, e.Measures.MemoryBytesPerRank);
    }

    [Fact]
    public void Coherent_measures_are_those_counted_by_hand()
    {
        using var test = TestTrace.Of(Model, Tokens);
        var e = PlacementCost.Evaluate(
            test.Slice(), TestModels.Contiguous(Model, FourRanks), FourRanks, new EvaluationOptions { Residency = Residency.Coherent });
        // Token 0 is at 0, 0, 1: out {1}, {1, 3}; back {1}, {3}. Token 1 is at 1, 3, 3: out {3, 2}, {0}; back {2}, {0}. Token 2 is at 2.
        Assert.Equal(6 * 8, e.Measures.DispatchBytes);
        Assert.Equal(4 * 8, e.Measures.CombineBytes);
        Assert.Equal(10 / 6.0, e.Measures.RankCopiesPerTokenLayer!.Value, 1e-12);
        // Other nodes out: 0, 1; 1, 1. Back: 0, 1; 0, 1.
        Assert.Equal(5 / 6.0, e.Measures.NodeCopiesPerTokenLayer!.Value, 1e-12);
        Assert.Equal(3 * 2 * 8 * 3, e.Measures.ContextBytes);
        // Ranks of other nodes out: 0, {3}; {3, 2}, {0}. Back: 0, {3}; 0, {0}.
        Assert.Equal((4 + 2) * 8 + 3 * 2 * 8 * 2, e.Measures.InterNodeBytes);
    }

    [Fact]
    public void A_coherent_prefill_runs_home_and_gathers_its_context()
    {
        using var test = TestTrace.Of(Model, Tokens);
        var placement = TestModels.Contiguous(Model, FourRanks);
        var home = PlacementCost.Evaluate(test.Slice(), placement, FourRanks, new EvaluationOptions { Phase = ServingPhase.Prefill });
        var coherent = PlacementCost.Evaluate(
            test.Slice(), placement, FourRanks, new EvaluationOptions { Phase = ServingPhase.Prefill, Residency = Residency.Coherent });
        Assert.Equal(home.Measures.RankCopiesPerTokenLayer, coherent.Measures.RankCopiesPerTokenLayer);
        Assert.Equal(3 * 2 * 8 * 3, coherent.Measures.ContextBytes);
        Assert.True(coherent.Step!.ContextSeconds > 0);
        Assert.Equal(home.Step!.TotalSeconds, coherent.Step.TotalSeconds - coherent.Step.ContextSeconds, 1e-15);
    }

    [Fact]
    public void The_last_partial_window_is_dropped_unless_it_is_the_only_one()
    {
        var model = TestModels.Model(1, 2, 1);
        using var test = TestTrace.Of(model, [[0]], [[1]], [[0]], [[0]], [[0]]);
        var cluster = TestModels.Cluster(1, 2);
        Assert.Equal((1.5, 2, 2), Imbalance(2));
        Assert.Equal((4 / 3.0, 4 / 3.0, 4 / 3.0), Imbalance(3));
        Assert.Equal((1.6, 1.6, 1.6), Imbalance(5));
        Assert.Equal((1.6, 1.6, 1.6), Imbalance(6));
        Assert.Equal((1.6, 1.6, 1.6), Imbalance(null));

        (double, double, double) Imbalance(long? window)
        {
            var m = PlacementCost.Evaluate(
                test.Slice(), TestModels.Contiguous(model, cluster), cluster, new EvaluationOptions { WindowTokens = window }).Measures;
            return (m.ImbalanceMean, m.ImbalanceP95, m.ImbalanceMax);
        }
    }

    [Fact]
    public void Without_dimensions_bytes_and_seconds_are_unknown()
    {
        var model = TestModels.Model(2, 4, 2, sized: false);
        using var test = TestTrace.Of(model, Tokens);
        var placement = TestModels.Contiguous(model, FourRanks);
        var e = PlacementCost.Evaluate(test.Slice(), placement, FourRanks, new EvaluationOptions(), placement);
        var m = e.Measures;
        Assert.Null(m.DispatchBytes ?? m.CombineBytes ?? m.ContextBytes ?? m.InterNodeBytes ?? m.MemoryBytesPerRank ?? m.MigrationBytes);
        Assert.Null(m.StepSeconds);
        Assert.Null(e.Step);
        Assert.NotNull(m.RankCopiesPerTokenLayer);
    }

    [Fact]
    public void Without_a_top_1_crossing_is_unknown_and_coherent_is_refused()
    {
        using var test = new TestTrace(Model, new TraceRows(new ushort[12], [0, 1, 2], new int[3]), ChoiceOrder.Unordered);
        var placement = TestModels.Contiguous(Model, FourRanks);
        var m = PlacementCost.Evaluate(test.Slice(), placement, FourRanks, new EvaluationOptions());
        Assert.Null(m.Measures.GpuCrossingFraction);
        Assert.Null(m.Measures.NodeCrossingFraction);
        Assert.Empty(m.Detail.GpuCrossingByLayer);
        var refusal = Assert.Throws<InputException>(
            () => PlacementCost.Evaluate(test.Slice(), placement, FourRanks, new EvaluationOptions { Residency = Residency.Coherent }));
        Assert.Equal("--residency", Assert.Single(refusal.Faults).Field);
    }

    [Fact]
    public void Migration_counts_the_experts_that_are_new_on_their_rank()
    {
        using var test = TestTrace.Of(Model, Tokens);
        var current = TestModels.Contiguous(Model, FourRanks);
        var next = TestModels.Placement(Model, FourRanks, [[1, 0], [0], [2], [3]], [[0], [1], [3], [2]]);
        var m = PlacementCost.Evaluate(test.Slice(), next, FourRanks, new EvaluationOptions(), current).Measures;
        Assert.Equal((2 + 2) * 48, m.MigrationBytes);
        Assert.Null(PlacementCost.Evaluate(test.Slice(), next, FourRanks, new EvaluationOptions()).Measures.MigrationBytes);
        Assert.Equal(0, PlacementCost.MigratedExperts(current, current));
        Assert.Equal(3, PlacementCost.MigratedExperts(next, current));
    }

    [Fact]
    public void Refuses_what_does_not_fit_with_every_fault()
    {
        using var test = TestTrace.Of(Model, Tokens);
        var other = TestModels.Model(3, 5, 2);
        var cluster = TestModels.Cluster(1, 3);
        var placement = TestModels.Contiguous(other, cluster);
        var options = new EvaluationOptions
        {
            WindowTokens = 0,
            ContextTokens = 0,
            TokensPerStep = -1,
            Phase = (ServingPhase)7,
            Residency = (Residency)9,
        };
        var refusal = Assert.Throws<InputException>(() => PlacementCost.Evaluate(test.Slice(), placement, FourRanks, options));
        Assert.Equal(
            [
                "--residency", "--window", "--tokens-per-step", "--phase", "--context",
                "placement.experts", "placement.layers", "placement.nodes", "placement.ranksPerNode",
            ],
            refusal.Faults.Select(f => f.Field));
    }

    [Fact]
    public void Refuses_a_placement_of_other_model_layers_and_a_current_one_that_does_not_fit()
    {
        using var test = TestTrace.Of(Model, Tokens);
        var placement = TestModels.Contiguous(Model with { HiddenLayers = 3, MoeLayerIds = [1, 2] }, FourRanks);
        var current = TestModels.Contiguous(Model, TestModels.Cluster(1, 2));
        var refusal = Assert.Throws<InputException>(
            () => PlacementCost.Evaluate(test.Slice(), placement, FourRanks, new EvaluationOptions(), current));
        Assert.Equal(["placement.moeLayerIds", "current placement.nodes"], refusal.Faults.Select(f => f.Field));
    }

    [Fact]
    public void Refuses_a_recorded_home_outside_the_cluster()
    {
        using var test = new TestTrace(Model, new TraceRows(new ushort[12], [0, 1, 2], new int[3], Home: [0, 3, 4]));
        var refusal = Assert.Throws<InputException>(
            () => PlacementCost.Evaluate(test.Slice(), TestModels.Contiguous(Model, FourRanks), FourRanks, new EvaluationOptions()));
        Assert.Equal("home[2]", Assert.Single(refusal.Faults).Field);
    }

    [Fact]
    public void Nothing_is_allocated_per_token()
    {
        var model = TestModels.Model(4, 16, 4);
        var cluster = TestModels.Cluster(1, 4);
        using var few = Many(5_000);
        using var many = Many(50_000);
        Allocated(few);
        var more = Allocated(many) - Allocated(few);
        Assert.True(more < 45_000, $"45,000 tokens more took {more} bytes more");

        TestTrace Many(int tokens)
        {
            var random = new SeedStream(1, "many");
            ushort[] experts = [.. Enumerable.Range(0, tokens * 16).Select(i => (ushort)(i % 4 * 4 + random.Next(4)))];
            return new TestTrace(model, new TraceRows(experts, new int[tokens], new int[tokens]));
        }

        long Allocated(TestTrace test)
        {
            var (slice, placement) = (test.Slice(), TestModels.Contiguous(model, cluster));
            var before = GC.GetAllocatedBytesForCurrentThread();
            PlacementCost.Run(slice, placement, cluster, new EvaluationOptions(), 1);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
