namespace MoEPlace.Placement.Policies;

/// <summary>
/// DeepSeek's expert-parallelism load balancer (deepseek-ai/EPLB): replicas for the busiest experts, then packing by load. Computes in
/// single precision as the original does, so that near ties fall alike; equal weights keep the order of their numbers.
/// </summary>
public static class Eplb
{
    /// <summary>Balances every layer by itself.</summary>
    /// <param name="weights">[layers, experts] row-major load, each 0 or more.</param>
    /// <param name="layers">Layers, 0 or more.</param>
    /// <param name="experts">Logical experts per layer, 1 or more, a multiple of <paramref name="groups"/>.</param>
    /// <param name="slots">Physical experts per layer, at least <paramref name="experts"/>, a multiple of <paramref name="ranks"/>.</param>
    /// <param name="groups">
    /// Groups of consecutive experts. A multiple of <paramref name="nodes"/>: each group stays on one node; else groups and nodes play no part.
    /// </param>
    /// <param name="nodes">Nodes, 1 or more.</param>
    /// <param name="ranks">All ranks, a multiple of <paramref name="nodes"/>.</param>
    /// <returns>[layers, slots] slot -> logical expert; slot j is on rank j / (slots / ranks). A rank may hold one expert twice.</returns>
    /// <exception cref="ArgumentException">The sizes do not divide as said.</exception>
    public static int[] Rebalance(ReadOnlySpan<long> weights, int layers, int experts, int slots, int groups, int nodes, int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layers);
        ArgumentOutOfRangeException.ThrowIfLessThan(experts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        if (weights.Length != (long)layers * experts)
            throw new ArgumentException($"{weights.Length} weights for {layers} layers of {experts} experts", nameof(weights));
        if (slots < experts || slots % ranks != 0 || ranks % nodes != 0 || experts % groups != 0)
            throw new ArgumentException(
                $"{slots} slots, {experts} experts in {groups} groups, {ranks} ranks on {nodes} nodes", nameof(slots));
        if (groups % nodes != 0)
            (groups, nodes) = (1, 1);
        var map = new int[layers * slots];
        var layerBalancer = new EplbLayer(experts, slots, groups, nodes, ranks);
        for (var layer = 0; layer < layers; layer++)
            layerBalancer.Rebalance(weights.Slice(layer * experts, experts), map.AsSpan(layer * slots, slots));
        return map;
    }
}
