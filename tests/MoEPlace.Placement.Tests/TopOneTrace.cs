using MoEPlace.Traces;

namespace MoEPlace.Placement.Tests;

/// <summary>A trace file of top-1 choices in a folder of its own, gone when disposed.</summary>
internal sealed class TopOneTrace : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");
    private readonly RoutingTrace trace;

    /// <summary>Writes and opens a trace of one sequence.</summary>
    /// <param name="experts">Logical experts per layer.</param>
    /// <param name="topOne">[tokens][layers].</param>
    /// <param name="order">Unordered makes a trace without a top-1.</param>
    internal TopOneTrace(int experts, ushort[][] topOne, ChoiceOrder order = ChoiceOrder.ByWeight)
    {
        var layers = topOne[0].Length;
        Model = new MoEModel("test", layers, [.. Enumerable.Range(0, layers)], experts, 1);
        var path = Path.Combine(folder.FullName, "trace.safetensors");
        using (var writer = new RoutingTraceWriter(path, new TraceHeader(Model, TraceOrigin.Synthetic, "test", "", order, []), topOne.Length, default))
        {
            writer.Append(new TraceRows([.. topOne.SelectMany(t => t)], new int[topOne.Length], [.. Enumerable.Range(0, topOne.Length)]));
            writer.Complete();
        }
        trace = RoutingTrace.Open(path);
        Counts = RoutingCounts.Of(new TraceSlice(trace, TraceSplit.All));
    }

    internal MoEModel Model { get; }

    internal RoutingCounts Counts { get; }

    /// <summary>Tokens whose expert depends on the one before with probability 0.7.</summary>
    internal static TopOneTrace Random(long seed, int experts, int layers, int tokens)
    {
        var stream = new SeedStream(seed, "top-one trace");
        var next = new ushort[layers * experts];
        for (var i = 0; i < next.Length; i++)
            next[i] = (ushort)stream.Next(experts);
        var topOne = new ushort[tokens][];
        for (var t = 0; t < tokens; t++)
        {
            topOne[t] = new ushort[layers];
            for (var layer = 0; layer < layers; layer++)
            {
                var follows = layer > 0 && stream.Next(10) < 7;
                topOne[t][layer] = follows ? next[layer * experts + topOne[t][layer - 1]] : (ushort)stream.Next(experts);
            }
        }
        return new TopOneTrace(experts, topOne);
    }

    internal static Cluster Cluster(int nodes, int ranksPerNode) => new(
        MoEPlace.Cluster.FormatName, "test", nodes, ranksPerNode, new Device("test", 1e12, 1L << 30, 1e12, 0, "test"), new Link(400e9, 0, "test"), new Link(50e9, 0, "test"));

    public void Dispose()
    {
        trace.Dispose();
        folder.Delete(recursive: true);
    }
}
