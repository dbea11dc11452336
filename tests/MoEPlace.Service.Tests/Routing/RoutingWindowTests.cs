using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Service.Routing;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Service.Tests.Routing;

/// <summary>The latest routed tokens of a job.</summary>
public sealed class RoutingWindowTests
{
    private static readonly MoEModel Model = new("m", 3, [0, 1, 2], 8, 2);

    [Fact]
    public void Holds_the_latest_tokens_in_the_order_in_which_they_came()
    {
        using var folder = new TemporaryFolder();
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new SeedStream(seed, "window-test");
            var routing = new MadeRouting(seed, Model, 4);
            var most = 256 + random.Next(3_000);
            var window = new RoutingWindow(Model, most);
            var came = new List<(int Sequence, int Position, ushort Home, byte Phase, string Experts)>();
            for (var i = 0; i < 12; i++)
            {
                var rows = routing.Next(1 + random.Next(9), 1 + random.Next(400), 0, 8);
                window.Add(rows);
                for (var row = 0; row < rows.Rows; row++)
                    came.Add((rows.Sequence[row], rows.Position[row], rows.Home[row], rows.Phase[row], string.Join(' ', rows.Experts.AsSpan(row * 6, 6).ToArray())));
            }
            came = came.TakeLast(most).ToList();
            Assert.Equal(came.Count, window.Tokens);
            window.WriteTrace(folder.File("t.safetensors"), "job", seed);
            using var trace = RoutingTrace.Open(folder.File("t.safetensors"));
            Assert.Equal((TraceOrigin.Measured, (long)came.Count), (trace.Header.Origin, trace.Tokens));
            var (count, experts) = ((int)trace.Tokens, new ushort[trace.Tokens * 6]);
            trace.CopyExperts(0, count, experts);
            for (var row = 0; row < count; row++)
                Assert.Equal(
                    came[row],
                    (trace.Sequence(row, 1)[0], trace.Position(row, 1)[0], trace.Home(row, 1)[0], trace.Phase(row, 1)[0],
                        string.Join(' ', experts.AsSpan(row * 6, 6).ToArray())));
        }
    }

    [Fact]
    public void Measures_what_the_judge_measures_on_the_written_trace()
    {
        using var folder = new TemporaryFolder();
        for (var seed = 0; seed < 24; seed++)
        {
            var random = new SeedStream(seed, "measure-test");
            var cluster = ClusterPresets.Parse(seed % 3 == 0 ? "1x4" : "2x2");
            var window = new RoutingWindow(Model, 1_500);
            var routing = new MadeRouting(seed, Model, 4);
            for (var i = 0; i < 3; i++)
                window.Add(routing.Next(7, 100, 0, 8));
            window.WriteTrace(folder.File("t.safetensors"), "job", 1);
            using var trace = RoutingTrace.Open(folder.File("t.safetensors"));
            var placement = Placement(random, cluster, replicas: seed % 2 == 1);
            foreach (var residency in new[] { Residency.Home, Residency.Coherent })
            {
                var judged = PlacementCost.Evaluate(new TraceSlice(trace, TraceSplit.All), placement, cluster, new EvaluationOptions { Residency = residency });
                var measures = window.Measure(placement, residency);
                Assert.Equal(judged.Measures.GpuCrossingFraction, measures.GpuCrossing);
                Assert.Equal(judged.Measures.NodeCrossingFraction, measures.NodeCrossing);
                Assert.Equal(judged.Detail.GpuCrossingByLayer, measures.CrossingByLayer);
                Assert.Equal(judged.Measures.ImbalanceMean, measures.Imbalance, 1e-12);
                Assert.Equal(judged.Detail.LoadByLayerAndRank.SelectMany(ranks => ranks).Select(load => (float)load), measures.Load);
                Assert.Equal(judged.Measures.RankCopiesPerTokenLayer!.Value, measures.Traffic.Sum() / ((double)trace.Tokens * Model.Layers), 1e-9);
                Assert.Equal(judged.Measures.RankCopiesPerTokenLayer!.Value, measures.RankCopies!.Value, 1e-9);
                var far = Enumerable.Range(0, 16).Where(i => i / 4 / cluster.RanksPerNode != i % 4 / cluster.RanksPerNode).Sum(i => measures.Traffic[i]);
                Assert.Equal(far / ((double)trace.Tokens * Model.Layers), measures.NodeCopies!.Value, 1e-9);
                Assert.True(far >= judged.Measures.NodeCopiesPerTokenLayer!.Value * trace.Tokens * Model.Layers - 0.5, $"seed {seed}");
                Assert.All(Enumerable.Range(0, 4), rank => Assert.Equal(0, measures.Traffic[rank * 5]));
            }
        }
    }

    [Fact]
    public void A_trace_that_is_drawn_from_counts_has_their_loads_and_no_expert_twice()
    {
        using var folder = new TemporaryFolder();
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new SeedStream(seed, "drawn-test");
            var window = new RoutingWindow(Model, 4_000);
            int[] counts = [.. Enumerable.Range(0, 24).Select(i => i == 3 ? 9_000 : random.Next(100) * random.Next(12))];
            window.Add(10_000, counts);
            Assert.True(window.IsOfCounts);
            window.WriteTrace(folder.File("t.safetensors"), "job", seed);
            using var trace = RoutingTrace.Open(folder.File("t.safetensors"));
            Assert.Equal((TraceOrigin.Synthetic, 4_000L, false), (trace.Header.Origin, trace.Tokens, trace.HasTopOne));
            var drawn = RoutingCounts.Of(new TraceSlice(trace, TraceSplit.All));
            for (var layer = 0; layer < 3; layer++)
            {
                var of = counts.AsSpan(layer * 8, 8).ToArray();
                Assert.Equal(8_000, drawn.Load(layer).ToArray().Sum());
                Assert.All(Enumerable.Range(0, 8), expert => Assert.InRange(drawn.Load(layer)[expert], 0, 4_000));
                if (of.All(count => 2.0 * count <= of.Sum()))
                    Assert.All(Enumerable.Range(0, 8), expert => Assert.InRange(drawn.Load(layer)[expert] - 8_000.0 * of[expert] / of.Sum(), -3, 3));
            }
            var experts = new ushort[4_000 * 6];
            trace.CopyExperts(0, 4_000, experts);
            for (var i = 0; i < experts.Length; i += 2)
                Assert.NotEqual(experts[i], experts[i + 1]);
        }
    }

    [Fact]
    public void Counts_fade_and_measure_as_the_judge_of_loads_does()
    {
        var window = new RoutingWindow(Model, 1_000);
        int[] first = [.. Enumerable.Range(0, 24).Select(i => i % 8 == 0 ? 2_000 : 0)];
        int[] second = [.. Enumerable.Range(0, 24).Select(i => i % 8 + 1)];
        window.Add(1_000, first);
        for (var i = 0; i < 400; i++)
            window.Add(100, second);
        var cluster = ClusterPresets.Parse("2x2");
        var placement = Placement(new SeedStream(1, "fade"), cluster, replicas: true);
        var expected = LoadImbalance.Of(placement, second.Select(count => (long)count).ToArray());
        var measures = window.Measure(placement, Residency.Home);
        Assert.Equal(expected.Mean, measures.Imbalance, 1e-6);
        Assert.Null(measures.GpuCrossing);
        Assert.InRange(window.Tokens, 950, 1_100);
        window.Clear();
        Assert.Equal(0, window.Tokens);
    }

    private static ExpertPlacement Placement(SeedStream random, Cluster cluster, bool replicas)
    {
        var slots = Enumerable.Range(0, 3).Select(_ =>
        {
            var order = Enumerable.Range(0, 8).ToArray();
            random.Shuffle<int>(order);
            return Enumerable.Range(0, 4).Select(rank =>
            {
                var own = order.Skip(2 * rank).Take(2).ToList();
                if (replicas)
                    own.Add(order[(2 * rank + 2 + random.Next(6)) % 8]);
                return own.ToArray();
            }).ToArray();
        }).ToArray();
        return new ExpertPlacement(
            Model.Name, Model.HiddenLayers, Model.MoeLayerIds, Model.Experts, cluster.Nodes, cluster.RanksPerNode,
            [.. slots.Select(layer => (ImmutableArray<ImmutableArray<int>>)[.. layer.Select(rank => (ImmutableArray<int>)[.. rank])])],
            new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 1, "test"));
    }
}
