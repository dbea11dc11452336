using System.Collections.Immutable;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Tests;

/// <summary>Models, clusters, problems and placements for tests.</summary>
internal static class PlacementSamples
{
    internal static PlacementProvenance Provenance { get; } = new("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "test");

    internal static MoEModel Model(int layers, int experts, int denseFirst = 0) =>
        new("test", layers + denseFirst, [.. Enumerable.Range(denseFirst, layers)], experts, 1);

    internal static Cluster Cluster(
        int nodes, int ranksPerNode, double intra = 400e9, double inter = 50e9, double intraNs = 1000, double interNs = 5000) =>
        new(MoEPlace.Cluster.FormatName, "test", nodes, ranksPerNode, new Device("test", 1e15, 80L << 30, 3e12, 5000, "test"),
            new Link(intra, intraNs, "test"), new Link(inter, interNs, "test"));

    internal static long[] RandomLoad(SeedStream random, int layers, int experts, int most)
    {
        var load = new long[layers * experts];
        for (var i = 0; i < load.Length; i++)
            load[i] = random.Next(most + 1) * (random.Next(4) == 0 ? 3 : 1);
        return load;
    }

    /// <summary>A problem whose trace has exactly this load, [layers, experts].</summary>
    internal static PlacementProblem Problem(MoEModel model, Cluster cluster, long[] load, int redundantSlots = 0, long seed = 1)
    {
        var tokens = (int)Math.Max(1, load.Chunk(model.Experts).Max(layer => layer.Sum()));
        var experts = new ushort[tokens * model.Layers];
        Array.Fill(experts, RoutingTrace.NoExpert);
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var token = 0;
            for (var e = 0; e < model.Experts; e++)
                for (var n = 0; n < load[layer * model.Experts + e]; n++)
                    experts[token++ * model.Layers + layer] = (ushort)e;
        }
        var folder = Directory.CreateTempSubdirectory("moeplace-");
        try
        {
            var path = Path.Combine(folder.FullName, "trace.safetensors");
            var header = new TraceHeader(model, TraceOrigin.Synthetic, "test", "", ChoiceOrder.ByWeight, []);
            using (var writer = new RoutingTraceWriter(path, header, tokens, TraceColumns.None))
            {
                writer.Append(new TraceRows(experts, new int[tokens], [.. Enumerable.Range(0, tokens)]));
                writer.Complete();
            }
            using var trace = RoutingTrace.Open(path);
            var slice = new TraceSlice(trace, TraceSplit.All);
            return PlacementProblem.Create(model, cluster, RoutingCounts.Of(slice), slice, redundantSlots: redundantSlots, seed: seed);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A random valid placement, slots in random order on every rank.</summary>
    internal static ExpertPlacement Random(SeedStream random, MoEModel model, int nodes, int ranksPerNode, int redundantSlots = 0)
    {
        var ranks = nodes * ranksPerNode;
        var layers = Enumerable.Range(0, model.Layers).Select(_ => RandomLayer(random, model.Experts, ranks, redundantSlots)).ToArray();
        return new ExpertPlacement(model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, nodes, ranksPerNode, [.. layers], Provenance);
    }

    private static ImmutableArray<ImmutableArray<int>> RandomLayer(SeedStream random, int experts, int ranks, int redundantSlots)
    {
        var copies = Enumerable.Repeat(1, experts).ToArray();
        for (var left = redundantSlots; left > 0;)
        {
            var e = random.Next(experts);
            if (copies[e] == ranks)
                continue;
            copies[e]++;
            left--;
        }
        var held = Enumerable.Range(0, ranks).Select(_ => new List<int>()).ToArray();
        var order = Enumerable.Range(0, experts).ToArray();
        random.Shuffle<int>(order);
        // The most copied first, each to the emptiest ranks: fills all ranks equally.
        foreach (var e in order.OrderByDescending(e => copies[e]))
        {
            var tieBreak = Enumerable.Range(0, ranks).ToArray();
            random.Shuffle<int>(tieBreak);
            foreach (var rank in tieBreak.OrderBy(r => held[r].Count).Take(copies[e]))
                held[rank].Add(e);
        }
        return [.. held.Select(rank =>
        {
            var slots = rank.ToArray();
            random.Shuffle<int>(slots);
            return slots.ToImmutableArray();
        })];
    }
}
