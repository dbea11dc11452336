using MoEPlace.Traces;

namespace MoEPlace.Placement.Policies;

/// <summary>The objective of the policies that look at load alone.</summary>
internal static class LoadImbalance
{
    /// <summary>
    /// Busiest rank over mean of all ranks, mean over layers; 1 is even. The load of an expert is split evenly over its replicas; a layer
    /// without load counts as even.
    /// </summary>
    internal static double MeanOverLayers(RoutingCounts counts, ExpertPlacement placement)
    {
        var sum = 0.0;
        for (var layer = 0; layer < placement.Layers; layer++)
            sum += OfLayer(counts.Load(layer), placement, new LayerId(layer));
        return sum / placement.Layers;
    }

    private static double OfLayer(ReadOnlySpan<long> load, ExpertPlacement placement, LayerId layer)
    {
        var (busiest, all) = (0.0, 0.0);
        for (var rank = 0; rank < placement.Ranks; rank++)
        {
            var own = 0.0;
            foreach (var expert in placement.ExpertsOn(layer, new RankId(rank)))
                own += (double)load[expert] / placement.RanksOf(layer, new ExpertId(expert)).Length;
            busiest = Math.Max(busiest, own);
            all += own;
        }
        return all > 0 ? busiest * placement.Ranks / all : 1;
    }
}
