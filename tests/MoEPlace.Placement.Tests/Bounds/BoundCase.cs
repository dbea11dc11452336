using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Tests.Bounds;

/// <summary>A random small problem with tokens, whose best placement can be found by trying all.</summary>
internal sealed class BoundCase : IDisposable
{
    private static readonly (int Layers, int Experts, int Nodes, int RanksPerNode)[] Shapes =
        [(2, 4, 1, 2), (3, 4, 1, 2), (2, 4, 2, 2), (2, 6, 1, 2), (1, 6, 1, 3), (1, 6, 3, 1), (2, 4, 2, 1), (3, 4, 2, 1)];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");
    private readonly RoutingTrace trace;

    internal BoundCase(long seed, PlacementObjective objective, bool holes = true)
    {
        var random = new SeedStream(seed, "bound case");
        var shape = Shapes[random.Next(Shapes.Length)];
        var dimensions = new ModelDimensions(
            HiddenSize: 4, ExpertIntermediateSize: 2, SharedIntermediateSize: 3, DenseIntermediateSize: 5, VocabularySize: 10,
            AttentionHeads: 2, KeyValueHeads: 1, HeadSize: 2, ValueHeadSize: 2, KeyValueLatentSize: 0, QueryLatentSize: 0,
            RotaryHeadSize: 0, BytesPerExpertParameter: 2, BytesPerParameter: 2, BytesPerActivation: 2);
        var model = new MoEModel(
            "test", shape.Layers + 1, [.. Enumerable.Range(1, shape.Layers)], shape.Experts, 1 + random.Next(3), dimensions);
        var cluster = PlacementSamples.Cluster(shape.Nodes, shape.RanksPerNode, 1e9, 0.3e9, random.Next(3), random.Next(9));
        cluster = cluster with { Device = new Device("test", 1e9, 1_000_000, 1e9, 2, "test") };
        trace = Write(random, model, cluster.Ranks, holes && random.Next(2) == 0);
        var slice = new TraceSlice(trace, TraceSplit.All);
        var conditions = new EvaluationOptions
        {
            Residency = random.Next(2) == 0 ? Residency.Home : Residency.Coherent,
            Phase = random.Next(4) == 0 ? ServingPhase.Prefill : ServingPhase.Decode,
            TokensPerStep = 1 + random.Next(40),
            ContextTokens = 1 + random.Next(20),
        };
        Problem = PlacementProblem.Create(model, cluster, RoutingCounts.Of(slice), slice, objective, conditions, seed: seed);
        var limited = random.Next(2) == 0;
        Limits = [.. Enumerable.Range(0, shape.Layers).Select(l => limited ? Limit(l, 1 + random.NextDouble()) : long.MaxValue)];
    }

    internal PlacementProblem Problem { get; }

    internal long[] Limits { get; }

    public void Dispose()
    {
        trace.Dispose();
        folder.Delete(recursive: true);
    }

    private long Limit(int layer, double imbalance)
    {
        var sum = 0L;
        foreach (var load in Problem.Counts.Load(layer))
            sum += load;
        return (long)(imbalance * sum / Problem.Cluster.Ranks);
    }

    private RoutingTrace Write(SeedStream random, MoEModel model, int ranks, bool holes)
    {
        var tokens = 5 + random.Next(40);
        var experts = new List<ushort>();
        for (var cell = 0; cell < tokens * model.Layers; cell++)
        {
            var order = Enumerable.Range(0, model.Experts).ToArray();
            random.Shuffle(order.AsSpan());
            // Experts come in pairs, so that there is something to win.
            if (random.Next(3) > 0)
                order[^1] = order[0] ^ 1;
            for (var j = 0; j < model.TopK; j++)
                experts.Add(holes && random.Next(4) == 0 ? RoutingTrace.NoExpert : (ushort)(j == 1 ? order[^1] : order[j]));
        }
        for (var i = 0; i < experts.Count; i += model.TopK)
            for (var j = 0; j < model.TopK; j++)
                for (var k = 0; k < j; k++)
                    if (experts[i + j] == experts[i + k])
                        experts[i + j] = RoutingTrace.NoExpert;
        var home = random.Next(2) == 0 ? null : Enumerable.Range(0, tokens).Select(_ => (ushort)random.Next(ranks)).ToArray();
        var rows = new TraceRows([.. experts], [.. Enumerable.Range(0, tokens).Select(_ => random.Next(7))], new int[tokens], Home: home);
        var path = Path.Combine(folder.FullName, "trace.safetensors");
        var columns = home is null ? TraceColumns.None : TraceColumns.Home;
        var header = new TraceHeader(model, TraceOrigin.Synthetic, "test", "", ChoiceOrder.ByWeight, []);
        using (var writer = new RoutingTraceWriter(path, header, tokens, columns))
        {
            writer.Append(rows);
            writer.Complete();
        }
        return RoutingTrace.Open(path);
    }
}
