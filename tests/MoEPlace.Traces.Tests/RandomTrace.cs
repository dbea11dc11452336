using System.Collections.Immutable;

namespace MoEPlace.Traces.Tests;

/// <summary>A trace of random choices in a temporary file: any shape, with gaps, repeats and unsorted weights.</summary>
internal sealed class RandomTrace : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"moeplace-{Guid.NewGuid():N}.safetensors");

    internal RandomTrace(Shape shape, long seed)
    {
        var random = new SeedStream(seed, "random trace");
        var (tokens, layers, experts, topK) = (shape.Tokens, shape.Layers, shape.Experts, shape.TopK);
        var model = new MoEModel("random", layers, [.. Enumerable.Range(0, layers)], experts, topK);
        var header = new TraceHeader(model, TraceOrigin.Synthetic, "random", "", shape.Order, ImmutableArray<string>.Empty);
        var rows = new TraceRows(
            new ushort[tokens * layers * topK],
            new int[tokens],
            new int[tokens],
            shape.Weights ? new Half[tokens * layers * topK] : null);
        for (var i = 0; i < tokens; i++)
            (rows.Sequence[i], rows.Position[i]) = (shape.Interleaved ? i % 7 : i / 90, i);
        for (var i = 0; i < rows.Experts.Length; i++)
        {
            var cell = rows.Experts.AsSpan(i - i % topK, i % topK);
            do
                rows.Experts[i] = random.NextDouble() < shape.Gaps ? RoutingTrace.NoExpert : (ushort)random.Next(experts);
            while (shape.Distinct && rows.Experts[i] != RoutingTrace.NoExpert && cell.Contains(rows.Experts[i]));
            if (rows.GateWeights is { } weights)
                weights[i] = shape.Sorted ? (Half)(1.0 / (1 + (i % topK))) : (Half)((random.Next(9) - 2) / 4.0);
        }
        using (var writer = new RoutingTraceWriter(path, header, tokens, shape.Weights ? TraceColumns.GateWeights : TraceColumns.None))
        {
            writer.Append(rows);
            writer.Complete();
        }
        Trace = RoutingTrace.Open(path);
    }

    internal RoutingTrace Trace { get; }

    public void Dispose()
    {
        Trace.Dispose();
        File.Delete(path);
    }

    internal sealed record Shape(int Tokens, int Layers, int Experts, int TopK)
    {
        internal double Gaps { get; init; }

        internal bool Distinct { get; init; } = true;

        internal bool Weights { get; init; }

        internal bool Sorted { get; init; }

        internal bool Interleaved { get; init; }

        internal ChoiceOrder Order { get; init; } = ChoiceOrder.ByWeight;

        internal static Shape Draw(SeedStream random)
        {
            int[] sizes = [1, 2, 5, 16, 31, 32, 33, 60, 64, 128, 200, 255, 256, 300];
            var experts = sizes[random.Next(sizes.Length)];
            var layers = 1 + random.Next(random.Next(4) == 0 ? 40 : 6);
            return new Shape(1 + random.Next(random.Next(3) == 0 ? 3000 : 200), layers, experts, 1 + random.Next(Math.Min(experts, 9)))
            {
                Gaps = random.Next(3) == 0 ? 0.2 : 0,
                Distinct = random.Next(4) > 0,
                Weights = random.Next(2) == 0,
                Sorted = random.Next(2) == 0,
                Interleaved = random.Next(2) == 0,
                Order = random.Next(2) == 0 ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered,
            };
        }
    }
}
