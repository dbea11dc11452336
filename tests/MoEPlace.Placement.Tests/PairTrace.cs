using MoEPlace.Traces;

namespace MoEPlace.Placement.Tests;

/// <summary>A problem of tokens that choose several experts of each layer.</summary>
internal static class PairTrace
{
    /// <summary>A problem on these tokens.</summary>
    /// <param name="experts">Logical experts per layer.</param>
    /// <param name="choices">[tokens][layers][topK], the heaviest first.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="redundantSlots">Slots beyond one for each expert.</param>
    internal static PlacementProblem Problem(int experts, int[][][] choices, Cluster cluster, int redundantSlots = 0)
    {
        var (layers, topK) = (choices[0].Length, choices[0][0].Length);
        var model = new MoEModel("test", layers, [.. Enumerable.Range(0, layers)], experts, topK);
        var folder = Directory.CreateTempSubdirectory("moeplace-");
        try
        {
            var path = Path.Combine(folder.FullName, "trace.safetensors");
            using (var writer = new RoutingTraceWriter(
                path, new TraceHeader(model, TraceOrigin.Synthetic, "test", "", ChoiceOrder.ByWeight, []), choices.Length, TraceColumns.None))
            {
                var rows = choices.SelectMany(token => token.SelectMany(layer => layer.Select(e => (ushort)e))).ToArray();
                writer.Append(new TraceRows(rows, new int[choices.Length], [.. Enumerable.Range(0, choices.Length)]));
                writer.Complete();
            }
            using var trace = RoutingTrace.Open(path);
            var slice = new TraceSlice(trace, TraceSplit.All);
            return PlacementProblem.Create(model, cluster, RoutingCounts.Of(slice), slice, redundantSlots: redundantSlots);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Tokens that choose distinct experts, mostly of one block of experts with the same remainder.</summary>
    /// <param name="random">The source.</param>
    /// <param name="experts">Logical experts per layer.</param>
    /// <param name="layers">Layers.</param>
    /// <param name="topK">Choices in each, at most experts / blocks.</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="blocks">Blocks: expert e is in block e mod blocks.</param>
    /// <param name="strayPercent">Chance that a choice is any expert at all.</param>
    internal static int[][][] Choices(SeedStream random, int experts, int layers, int topK, int tokens, int blocks, int strayPercent)
    {
        var choices = new int[tokens][][];
        for (var t = 0; t < tokens; t++)
        {
            choices[t] = new int[layers][];
            for (var layer = 0; layer < layers; layer++)
            {
                var block = random.Next(blocks);
                var chosen = new List<int>();
                while (chosen.Count < topK)
                {
                    var expert = random.Next(100) < strayPercent ? random.Next(experts) : block + blocks * random.Next(experts / blocks);
                    if (!chosen.Contains(expert))
                        chosen.Add(expert);
                }
                choices[t][layer] = [.. chosen];
            }
        }
        return choices;
    }
}
