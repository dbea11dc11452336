using MoEPlace.Traces.Counting;
using Xunit;

namespace MoEPlace.Traces.Tests;

public sealed class RoutingCountsTests
{
    [Fact]
    public void Counts_what_the_slow_loop_counts_on_traces_of_any_shape()
    {
        for (var seed = 0L; seed < 150; seed++)
            Check(RandomTrace.Shape.Draw(new SeedStream(seed, "shape")), seed, workers: 1 + (int)(seed % 3));
    }

    [Theory]
    [InlineData(32, 4, 24)]
    [InlineData(64, 6, 26)]
    [InlineData(16, 2, 8)]
    [InlineData(8, 2, 32)]
    [InlineData(256, 8, 10)]
    [InlineData(384, 8, 4)]
    public void Counts_shapes_of_known_models_with_several_workers(int experts, int topK, int layers)
    {
        Check(new RandomTrace.Shape(40_000, layers, experts, topK) { Weights = true, Sorted = true }, 1, workers: 3);
        Check(new RandomTrace.Shape(2_000, layers, experts, topK) { Weights = true, Interleaved = true }, 2, workers: 1);
        Check(new RandomTrace.Shape(2_000, layers, experts, topK) { Gaps = 0.01 }, 3, workers: 1);
    }

    [Theory]
    [InlineData(32, 4, 24)]
    [InlineData(64, 6, 26)]
    [InlineData(40, 8, 3)]
    [InlineData(20, 3, 16)]
    public void Counts_cells_that_name_an_expert_twice(int experts, int topK, int layers) =>
        Check(new RandomTrace.Shape(2_500, layers, experts, topK) { Distinct = false }, 4, workers: 2);

    [Fact]
    public void Counts_as_bits_every_number_of_layers_and_choices()
    {
        for (var seed = 0L; seed < 60; seed++)
        {
            var random = new SeedStream(seed, "bits");
            var (topK, layers) = (3 + random.Next(6), 1 + random.Next(20));
            Check(new RandomTrace.Shape(1 + random.Next(2500), layers, topK + 1 + random.Next(40), topK), seed, workers: 1);
        }
    }

    [Fact]
    public void Draining_the_tables_early_changes_nothing()
    {
        using var random = new RandomTrace(new RandomTrace.Shape(3_000, 5, 32, 4), 1);
        var (trace, totals) = (random.Trace, new CountTotals(5, 32, hasTransitions: true));
        using var worker = new CountingWorker<byte>(trace, distinct: true);
        for (var row = 0; row < 3_000; row += 750)
        {
            worker.Add(trace.NarrowExperts(row, 750), default, 750, totals);
            worker.Finish(totals);
        }
        var counts = new RoutingCounts(3_000, 5, 32, totals.Load, totals.Transitions, totals.Coactivation);
        Assert.True(Same(counts, new SlowCounts(new TraceSlice(trace, TraceSplit.All))));
        Assert.False(totals.HasRepeats);
    }

    [Fact]
    public void A_single_layer_has_no_transitions_but_could_have()
    {
        using var random = new RandomTrace(new RandomTrace.Shape(50, 1, 8, 2), 1);
        var counts = RoutingCounts.Of(new TraceSlice(random.Trace, TraceSplit.All));
        Assert.True(counts.HasTransitions);
        Assert.Equal(100, Sum(counts.Load(0)));
    }

    [Fact]
    public void Without_a_top_one_there_are_no_transitions()
    {
        using var random = new RandomTrace(new RandomTrace.Shape(50, 3, 8, 2) { Order = ChoiceOrder.Unordered }, 1);
        Assert.False(RoutingCounts.Of(new TraceSlice(random.Trace, TraceSplit.All)).HasTransitions);
    }

    [Fact]
    public void Refuses_more_experts_than_pairs_of_them_can_be_counted()
    {
        using var random = new RandomTrace(new RandomTrace.Shape(1, 2, 60_000, 1), 1);
        var e = Assert.Throws<InputException>(() => RoutingCounts.Of(new TraceSlice(random.Trace, TraceSplit.All)));
        Assert.Equal("model.experts", e.Faults[0].Field);
    }

    private static void Check(RandomTrace.Shape shape, long seed, int workers)
    {
        using var random = new RandomTrace(shape, seed);
        foreach (var split in Enum.GetValues<TraceSplit>())
        {
            if (split == TraceSplit.Train && shape.Tokens < 100)
                continue;
            var slice = new TraceSlice(random.Trace, split);
            var counts = RoutingCounts.Of(slice, workers);
            Assert.True(Same(counts, new SlowCounts(slice)), $"{shape}, seed {seed}, split {split}, {workers} workers");
        }
    }

    private static bool Same(RoutingCounts counts, SlowCounts slow)
    {
        for (var layer = 0; layer < counts.Layers; layer++)
        {
            for (var a = 0; a < counts.Experts; a++)
            {
                if (counts.Load(layer)[a] != slow.Load[layer, a])
                    return false;
                for (var b = 0; b < counts.Experts; b++)
                {
                    if (counts.Coactivation(layer)[a * counts.Experts + b] != slow.Coactivation[layer, a, b])
                        return false;
                    if (counts.HasTransitions && layer < counts.Layers - 1
                        && counts.Transitions(layer)[a * counts.Experts + b] != slow.Transitions[layer, a, b])
                        return false;
                }
            }
        }
        return true;
    }

    private static long Sum(ReadOnlySpan<long> values)
    {
        var sum = 0L;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
