using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Copies;

/// <summary>The moves after a walk: load is brought under its limits, then swaps are made as long as one saves copies.</summary>
internal static class CopyDescent
{
    /// <summary>Brings a layer under its limit: by swaps that seem to cost least, else by the balanced division with its parts named as fits best.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="limits">[parts] the most load of each.</param>
    /// <param name="start">Divisions that hold the limits.</param>
    public static void Repair(CopyState state, int layer, long[] limits, CopyStart start)
    {
        if (!ChainProblem.IsLimited(limits) || SwapUnderLimit(state, layer, limits))
            return;
        var n = state.Items.Count;
        state.Assign(layer, start.ExpertOf.AsSpan(layer * n, n), start.PartOf.AsSpan(layer * n, n));
        // Replicas take turns in the order of their ranks: other names for the ranks would make other items of them.
        // And only ranks that hold equally many and may carry equally much can take each other's names.
        if (!state.Items.HasReplicas && limits.AsSpan().Count(limits[0]) == limits.Length && HasEqualParts(state, layer))
            state.Rename(layer);
    }

    private static bool HasEqualParts(CopyState state, int layer)
    {
        var partOf = state.Items.PartOf.AsSpan(layer * state.Items.Count, state.Items.Count);
        for (var part = 0; part < state.Parts; part++)
            if (partOf.Count(part) * state.Parts != partOf.Length)
                return false;
        return true;
    }

    /// <summary>Makes swaps that save copies and hold the limits until there is none.</summary>
    public static void Descend(CopyState state, int[] layers, long[][] mostLoad, Func<bool> stop)
    {
        for (var won = true; won;)
        {
            won = false;
            foreach (var layer in layers)
                for (var a = 0; a < state.Items.Count; a++)
                {
                    if (stop())
                        return;
                    won |= Descend(state, layer, a, mostLoad[layer]);
                }
        }
    }

    private static bool Descend(CopyState state, int layer, int a, long[] limits)
    {
        var (n, won) = (state.Items.Count, false);
        for (var b = 0; b < a; b++)
        {
            if (!state.MaySwap(layer, a, b))
                continue;
            var change = state.LeastChange(layer, a, b);
            if (change >= 0 || CopyAnnealing.OverloadChange(state, layer, limits, a, b) > 0)
                continue;
            change += state.Overlap(layer, a, b);
            if (change >= 0)
                continue;
            state.Swap(layer, a, b, change);
            won = true;
        }
        return won;
    }

    private static bool SwapUnderLimit(CopyState state, int layer, long[] limits)
    {
        var n = state.Items.Count;
        while (true)
        {
            var (bestOver, bestChange, bestA, bestB) = (0L, 0.0, -1, -1);
            var any = false;
            for (var a = 0; a < n; a++)
            {
                var part = state.Items.PartOf[layer * n + a];
                if (state.PartLoad[layer * state.Parts + part] <= limits[part])
                    continue;
                any = true;
                for (var b = 0; b < n; b++)
                {
                    if (!state.MaySwap(layer, a, b))
                        continue;
                    var over = CopyAnnealing.OverloadChange(state, layer, limits, a, b);
                    if (over > bestOver || over == 0)
                        continue;
                    var change = state.LeastChange(layer, a, b);
                    if (over < bestOver || change < bestChange)
                        (bestOver, bestChange, bestA, bestB) = (over, change, a, b);
                }
            }
            if (!any)
                return true;
            if (bestA < 0)
                return false;
            state.Swap(layer, bestA, bestB, bestChange + state.Overlap(layer, bestA, bestB));
        }
    }
}
