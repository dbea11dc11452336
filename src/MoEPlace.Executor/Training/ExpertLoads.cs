using System.Collections.Immutable;

namespace MoEPlace.Executor.Training;

/// <summary>How many tokens each expert of each layer got.</summary>
/// <param name="layers">MoE layers.</param>
/// <param name="experts">Experts of a layer.</param>
internal sealed class ExpertLoads(int layers, int experts)
{
    private readonly float[] loads = new float[layers * experts];

    /// <summary>[layers, experts] as counted; exact below 2^24.</summary>
    internal ReadOnlySpan<float> Loads => loads;

    /// <summary>Counts choices; what is no expert counts for nothing.</summary>
    internal void Add(LayerId layer, ReadOnlySpan<long> choices)
    {
        var mine = loads.AsSpan(layer.Value * experts, experts);
        foreach (var expert in choices)
            if ((ulong)expert < (ulong)experts)
                mine[(int)expert]++;
    }

    /// <summary>[layers] load of the busiest expert over the mean load; 1 where nothing was counted.</summary>
    /// <param name="loads">[layers, experts].</param>
    /// <param name="layers">MoE layers.</param>
    internal static ImmutableArray<double> Imbalance(ReadOnlySpan<float> loads, int layers)
    {
        var (imbalance, experts) = (new double[layers], loads.Length / layers);
        for (var layer = 0; layer < layers; layer++)
        {
            var (most, sum) = (0.0, 0.0);
            foreach (var load in loads.Slice(layer * experts, experts))
                (most, sum) = (Math.Max(most, load), sum + load);
            imbalance[layer] = sum == 0 ? 1 : most * experts / sum;
        }
        return [.. imbalance];
    }
}
