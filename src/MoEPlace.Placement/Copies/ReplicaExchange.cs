namespace MoEPlace.Placement.Copies;

/// <summary>
/// Changes which experts have replicas: a replica gives its slot to another expert. Load alone would always split the busiest experts; but
/// a replica serves every second token wherever its others are, and that may cost more copies than it takes load from a rank.
/// </summary>
internal static class ReplicaExchange
{
    /// <summary>Tries one exchange in a layer; it is taken back unless cost and priced overload stay within the threshold.</summary>
    /// <param name="state">Changed in place; it has replicas.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="limits">[parts] the most load of each; long.MaxValue for no limit.</param>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="threshold">The most that may be added.</param>
    /// <param name="price">Cost of one (token, expert) pair beyond the limit.</param>
    /// <returns>Whether the exchange was made.</returns>
    public static bool Try(CopyState state, int layer, long[] limits, SeedStream random, double threshold, double price)
    {
        var (items, n) = (state.Items, state.Items.Count);
        var (slot, expert) = (random.Next(n), items.ExpertOf[layer * n + random.Next(n)]);
        var experts = items.ExpertOf.AsSpan(layer * n, n).ToArray();
        var parts = items.PartOf.AsSpan(layer * n, n).ToArray();
        if (experts[slot] == expert || experts.AsSpan().Count(experts[slot]) == 1 || Stands(experts, parts, expert, parts[slot]))
            return false;
        var exchanged = experts.ToArray();
        exchanged[slot] = expert;
        var before = state.Overload(layer, limits);
        var change = state.Assign(layer, exchanged, parts);
        var overload = state.Overload(layer, limits) - before;
        if (change + price * overload <= threshold)
            return true;
        state.Assign(layer, experts, parts);
        return false;
    }

    private static bool Stands(int[] experts, int[] parts, int expert, int part)
    {
        for (var item = 0; item < experts.Length; item++)
            if (experts[item] == expert && parts[item] == part)
                return true;
        return false;
    }
}
