using System.Collections.Immutable;

namespace MoEPlace.Traces.Statistics;

/// <summary>Measures of the load of experts.</summary>
internal static class LoadMeasures
{
    internal static ImmutableArray<LayerStatistics> ByLayer(MoEModel model, RoutingCounts counts)
    {
        var layers = ImmutableArray.CreateBuilder<LayerStatistics>(counts.Layers);
        for (var layer = 0; layer < counts.Layers; layer++)
            layers.Add(Of(layer, model.MoeLayerIds[layer], counts.Load(layer)));
        return layers.MoveToImmutable();
    }

    /// <summary>(token, expert) pairs over all layers.</summary>
    internal static long Total(RoutingCounts counts)
    {
        var total = 0L;
        for (var layer = 0; layer < counts.Layers; layer++)
            foreach (var load in counts.Load(layer))
                total += load;
        return total;
    }

    private static LayerStatistics Of(int layer, int modelLayerId, ReadOnlySpan<long> load)
    {
        var (total, busiest, unused) = (0L, 0, 0);
        for (var expert = 0; expert < load.Length; expert++)
        {
            total += load[expert];
            unused += load[expert] == 0 ? 1 : 0;
            if (load[expert] > load[busiest])
                busiest = expert;
        }
        var entropy = 0.0;
        foreach (var l in load)
            if (l > 0)
                entropy -= (double)l / total * Math.Log2((double)l / total);
        var skew = total == 0 ? 0 : (double)load[busiest] * load.Length / total;
        return new LayerStatistics(layer, modelLayerId, skew, busiest, unused, entropy);
    }
}
