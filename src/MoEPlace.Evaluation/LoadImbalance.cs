using System.Runtime.InteropServices;

namespace MoEPlace.Evaluation;

/// <summary>
/// Judges a placement by load alone, for recordings without tokens: the replicas of an expert share its load evenly.
/// </summary>
public static class LoadImbalance
{
    /// <summary>The imbalance over all layers of all windows; a layer without load in a window is left out.</summary>
    /// <param name="placement">The map.</param>
    /// <param name="counts">[windows, layers, experts] row-major (token, expert) pairs, 0 or more.</param>
    /// <exception cref="ArgumentException">The counts are not whole windows of the placement's layers and experts.</exception>
    public static ImbalanceSummary Of(ExpertPlacement placement, ReadOnlySpan<long> counts)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var cells = placement.Layers * placement.Experts;
        if (counts.Length % cells != 0)
            throw new ArgumentException($"{counts.Length} counts are not whole windows of {cells} (layers x experts)", nameof(counts));
        var ratios = new List<double>();
        var rankLoads = new double[placement.Ranks];
        for (var at = 0; at < counts.Length; at += placement.Experts)
        {
            RankLoads(placement, new LayerId(at % cells / placement.Experts), counts.Slice(at, placement.Experts), rankLoads);
            if (Ratio(rankLoads) is { } ratio)
                ratios.Add(ratio);
        }
        return Summarize(ratios);
    }

    /// <summary>The load of every rank in one layer.</summary>
    /// <param name="placement">The map.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="counts">[experts] (token, expert) pairs.</param>
    /// <param name="rankLoads">[ranks] receives the pairs of each rank; fractions where replicas share.</param>
    public static void RankLoads(ExpertPlacement placement, LayerId layer, ReadOnlySpan<long> counts, Span<double> rankLoads)
    {
        ArgumentNullException.ThrowIfNull(placement);
        ArgumentOutOfRangeException.ThrowIfNotEqual(counts.Length, placement.Experts);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rankLoads.Length, placement.Ranks);
        rankLoads.Clear();
        for (var expert = 0; expert < counts.Length; expert++)
        {
            var holders = placement.RanksOf(layer, new ExpertId(expert));
            var share = (double)counts[expert] / holders.Length;
            foreach (var rank in holders)
                rankLoads[rank] += share;
        }
    }

    /// <summary>Busiest rank / mean of all ranks, idle ones included; null when there is no load.</summary>
    public static double? Ratio(ReadOnlySpan<double> rankLoads)
    {
        double most = 0, sum = 0;
        foreach (var load in rankLoads)
        {
            most = Math.Max(most, load);
            sum += load;
        }
        return sum > 0 ? most * rankLoads.Length / sum : null;
    }

    /// <summary>Sums ratios up; they are sorted in place. Without any, all ranks are equally idle: 1.</summary>
    internal static ImbalanceSummary Summarize(List<double> ratios)
    {
        if (ratios.Count == 0)
            return new ImbalanceSummary(1, 1, 1);
        ratios.Sort();
        double sum = 0;
        foreach (var ratio in CollectionsMarshal.AsSpan(ratios))
            sum += ratio;
        var nearestRank = (int)((95L * ratios.Count + 99) / 100);
        return new ImbalanceSummary(sum / ratios.Count, ratios[nearestRank - 1], ratios[^1]);
    }
}
