using System.Collections.Immutable;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// What a load limit comes to on each rank of each layer, in proportion to the rank's speed. Where even the best division by load alone
/// that was found exceeds the limit, the layer is held to that best.
/// </summary>
internal sealed class LoadLimit
{
    /// <summary>Room for the rounding of a product that should be a whole number.</summary>
    private const double Tiny = 1e-9;

    private LoadLimit(long[][] most, int[] balanced, ImmutableArray<int> relaxedLayers)
    {
        Most = most;
        Balanced = balanced;
        RelaxedLayers = relaxedLayers;
    }

    /// <summary>[layers][ranks] the most load of a rank; long.MaxValue without a limit.</summary>
    public long[][] Most { get; }

    /// <summary>[layers, experts] a division that holds the limits: made by load alone, or without limits simply in order.</summary>
    public int[] Balanced { get; }

    /// <summary>Layers for which no division within the limit was found.</summary>
    public ImmutableArray<int> RelaxedLayers { get; }

    /// <summary>Finds the limits of a problem.</summary>
    public static LoadLimit Of(PlacementProblem problem)
    {
        var (layers, experts, ranks) = (problem.Model.Layers, problem.Model.Experts, problem.Cluster.Ranks);
        var slotsOf = problem.SlotsOf.AsSpan();
        var speedOf = problem.SpeedOf.AsSpan();
        var most = new long[layers][];
        for (var layer = 0; layer < layers; layer++)
            Array.Fill(most[layer] = new long[ranks], long.MaxValue);
        var balanced = BalancedDivision.InOrder(layers, slotsOf);
        var relaxed = ImmutableArray.CreateBuilder<int>();
        // What is drained shares no load: the mean is that of the ranks in use.
        var speed = Enumerable.Range(0, ranks).Sum(rank => problem.SlotsOf[rank] > 0 ? problem.SpeedOf[rank] : 0);
        if (problem.MaxImbalance is not { } imbalance)
            return new LoadLimit(most, balanced, []);
        for (var layer = 0; layer < layers; layer++)
        {
            var load = problem.Counts.Load(layer);
            var time = imbalance * Sum(load) / speed;
            var reached = BalancedDivision.Divide(
                load, slotsOf, speedOf, time, new SeedStream(problem.Seed, "balance", layer), balanced.AsSpan(layer * experts, experts));
            for (var rank = 0; rank < ranks; rank++)
                most[layer][rank] = time * speedOf[rank] >= Sum(load) ? long.MaxValue : (long)Math.Floor(time * speedOf[rank] + Tiny);
            if (Holds(load, balanced.AsSpan(layer * experts, experts), most[layer]))
                continue;
            relaxed.Add(layer);
            for (var rank = 0; rank < ranks; rank++)
                most[layer][rank] = Math.Max(most[layer][rank], (long)Math.Floor(reached * speedOf[rank] * (1 + 1e-12) + Tiny));
        }
        return new LoadLimit(most, balanced, relaxed.ToImmutable());
    }

    private static bool Holds(ReadOnlySpan<long> load, ReadOnlySpan<int> rankOf, long[] most)
    {
        var sums = new long[most.Length];
        for (var e = 0; e < load.Length; e++)
            sums[rankOf[e]] += load[e];
        for (var rank = 0; rank < sums.Length; rank++)
            if (sums[rank] > most[rank])
                return false;
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
