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
        var single = new float[experts];
        for (var layer = 0; layer < layers; layer++)
        {
            for (var e = 0; e < experts; e++)
                single[e] = weights[layer * experts + e];
            RebalanceLayer(single, map.AsSpan(layer * slots, slots), groups, nodes, ranks);
        }
        return map;
    }

    private static void RebalanceLayer(ReadOnlySpan<float> weight, Span<int> map, int groups, int nodes, int ranks)
    {
        var groupSize = weight.Length / groups;
        var groupWeight = new float[groups];
        for (var e = 0; e < weight.Length; e++)
            groupWeight[e / groupSize] += weight[e];
        var (nodeOf, placeOf) = Pack(groupWeight, nodes);

        // The experts node after node, in the order in which their groups came to the node.
        var ordered = new int[weight.Length];
        for (var g = 0; g < groups; g++)
            for (var i = 0; i < groupSize; i++)
                ordered[(nodeOf[g] * (groups / nodes) + placeOf[g]) * groupSize + i] = g * groupSize + i;

        var (nodeExperts, nodeSlots, rankSlots) = (weight.Length / nodes, map.Length / nodes, map.Length / ranks);
        var local = new float[nodeExperts];
        var slotWeight = new float[nodeSlots];
        for (var node = 0; node < nodes; node++)
        {
            var own = ordered.AsSpan(node * nodeExperts, nodeExperts);
            for (var i = 0; i < nodeExperts; i++)
                local[i] = weight[own[i]];
            var (replicaOf, copies) = Replicate(local, nodeSlots);
            for (var s = 0; s < nodeSlots; s++)
                slotWeight[s] = local[replicaOf[s]] / copies[replicaOf[s]];
            var (rankOf, place) = Pack(slotWeight, ranks / nodes);
            for (var s = 0; s < nodeSlots; s++)
                map[node * nodeSlots + rankOf[s] * rankSlots + place[s]] = own[replicaOf[s]];
        }
    }

    /// <summary>Equally many items to every pack: the heaviest first, each to the lightest pack that has room.</summary>
    private static (int[] Pack, int[] Place) Pack(ReadOnlySpan<float> weight, int packs)
    {
        var (pack, place) = (new int[weight.Length], new int[weight.Length]);
        var room = weight.Length / packs;
        if (room == 1)
        {
            for (var i = 0; i < pack.Length; i++)
                pack[i] = i;
            return (pack, place);
        }
        var order = new (float Weight, int Item)[weight.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = (weight[i], i);
        Array.Sort(order, static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Item.CompareTo(b.Item));
        var packed = new float[packs];
        var items = new int[packs];
        foreach (var (w, item) in order)
        {
            var lightest = -1;
            for (var p = 0; p < packs; p++)
                if (items[p] < room && (lightest < 0 || packed[p] < packed[lightest]))
                    lightest = p;
            pack[item] = lightest;
            place[item] = items[lightest]++;
            packed[lightest] += w;
        }
        return (pack, place);
    }

    /// <summary>One replica of each expert, then one more after another for the expert with the most load per replica.</summary>
    private static (int[] ExpertOf, int[] Copies) Replicate(ReadOnlySpan<float> weight, int slots)
    {
        var expertOf = new int[slots];
        var copies = new int[weight.Length];
        for (var e = 0; e < weight.Length; e++)
            (expertOf[e], copies[e]) = (e, 1);
        for (var s = weight.Length; s < slots; s++)
        {
            var busiest = 0;
            for (var e = 1; e < weight.Length; e++)
                if (weight[e] / copies[e] > weight[busiest] / copies[busiest])
                    busiest = e;
            expertOf[s] = busiest;
            copies[busiest]++;
        }
        return (expertOf, copies);
    }
}
