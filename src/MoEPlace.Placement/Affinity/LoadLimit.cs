using System.Collections.Immutable;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// What a load limit comes to in each layer. Where even the best division by load alone that was found exceeds the limit, the layer is
/// held to that best.
/// </summary>
internal sealed class LoadLimit
{
    private LoadLimit(long[] most, int[] balanced, ImmutableArray<int> relaxedLayers)
    {
        Most = most;
        Balanced = balanced;
        RelaxedLayers = relaxedLayers;
    }

    /// <summary>[layers] the most load of a rank; long.MaxValue without a limit.</summary>
    public long[] Most { get; }

    /// <summary>[layers, experts] a division that holds the limits: made by load alone, or without limits simply in order.</summary>
    public int[] Balanced { get; }

    /// <summary>Layers for which no division within the limit was found.</summary>
    public ImmutableArray<int> RelaxedLayers { get; }

    /// <summary>Finds the limits of a problem.</summary>
    public static LoadLimit Of(PlacementProblem problem)
    {
        var (layers, experts, ranks) = (problem.Model.Layers, problem.Model.Experts, problem.Cluster.Ranks);
        var most = new long[layers];
        Array.Fill(most, long.MaxValue);
        var balanced = BalancedDivision.InOrder(layers, experts, ranks);
        var relaxed = ImmutableArray.CreateBuilder<int>();
        if (problem.MaxImbalance is not { } imbalance)
            return new LoadLimit(most, balanced, []);
        for (var layer = 0; layer < layers; layer++)
        {
            var load = problem.Counts.Load(layer);
            var mean = Sum(load) / (double)ranks;
            var limit = (long)Math.Min(long.MaxValue / 2, Math.Floor(imbalance * mean + 1e-9));
            var reached = BalancedDivision.Divide(
                load, ranks, limit, new SeedStream(problem.Seed, "balance", layer), balanced.AsSpan(layer * experts, experts));
            most[layer] = Math.Max(limit, reached);
            if (reached > limit)
                relaxed.Add(layer);
        }
        return new LoadLimit(most, balanced, relaxed.ToImmutable());
    }

    private static long Sum(ReadOnlySpan<long> values)
    {
        var sum = 0L;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
