using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// Simulated annealing over swaps inside a layer. The threshold that a change must not exceed is drawn first: most swaps fail it by their
/// least change, which is a few look-ups, and only the rest are counted on the tokens. Load beyond a limit has a price that rises as it
/// cools.
/// </summary>
internal static class CopyAnnealing
{
    /// <summary>Swaps that are tried in a layer before the next is taken up: its bits stay in the cache meanwhile.</summary>
    private const int Stretch = 256;
    private const int LogTableBits = 12;
    private static readonly double[] LogTable = MakeLogTable();

    /// <summary>Cools a division.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="layers">The layers whose items are swapped.</param>
    /// <param name="mostLoad">[layers][parts] of each part; long.MaxValue for no limit.</param>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="plan">Temperatures, and the overload that is borne.</param>
    /// <param name="price">
    /// Cost of one (token, expert) pair beyond a limit. Raised while more overload stands than the plan bears at that point, else lowered.
    /// </param>
    /// <param name="done">Told how many swaps were tried; how far the walk is then, 1 or more at its end.</param>
    /// <returns>Swaps that were tried.</returns>
    public static long Run(
        CopyState state, int[] layers, long[][] mostLoad, SeedStream random, CoolingPlan plan, ref double price, Func<long, double> done)
    {
        const double Step = 1.03;
        var tried = 0L;
        if (state.Parts == 1)
            return tried;
        var limited = Array.Exists(layers, layer => ChainProblem.IsLimited(mostLoad[layer]));
        // An exchange costs as much time as many swaps, the more the more tokens it is counted on.
        var stretchesPerExchange = Math.Max(4, state.Tokens / 1024);
        for (double progress; (progress = done(tried)) < 1;)
        {
            var temperature = plan.Temperature(progress);
            var overload = 0L;
            foreach (var layer in layers)
            {
                Walk(state, layer, mostLoad[layer], random, temperature, price);
                if (state.Items.HasReplicas && random.Next(stretchesPerExchange) == 0)
                    ReplicaExchange.Try(
                        state, layer, mostLoad[layer], random, -temperature * Math.Log(1 - random.NextDouble()), price);
                overload += limited ? state.Overload(layer, mostLoad[layer]) : 0;
            }
            price *= overload > plan.Overload(progress) ? Step : 1 / Step;
            tried += (long)Stretch * layers.Length;
        }
        return tried;
    }

    private static void Walk(CopyState state, int layer, long[] limits, SeedStream random, double temperature, double price)
    {
        var n = state.Items.Count;
        var partOf = state.Items.PartOf.AsSpan(layer * n, n);
        var (replicas, limited) = (state.Items.HasReplicas, ChainProblem.IsLimited(limits));
        for (var i = 0; i < Stretch; i++)
        {
            var bits = random.NextBits();
            var a = (int)(((bits & 0xFFFF) * (uint)n) >> 16);
            var b = (int)((((bits >> 16) & 0xFFFF) * (uint)n) >> 16);
            if (partOf[a] == partOf[b] || (replicas && !state.MaySwap(layer, a, b)))
                continue;
            var threshold = -temperature * LogTable[bits >> (64 - LogTableBits)];
            if (limited)
                threshold -= price * OverloadChange(state, layer, limits, a, b);
            var change = state.LeastChange(layer, a, b);
            if (change > threshold)
                continue;
            change += state.Overlap(layer, a, b);
            if (change <= threshold)
                state.Swap(layer, a, b, change);
        }
    }

    /// <summary>Mean absolute change of cost over random swaps: the scale that temperatures are measured in.</summary>
    /// <param name="state">Where it stands.</param>
    /// <param name="layers">The layers whose items are swapped.</param>
    /// <param name="span">Only swaps between parts of the same so many consecutive ones count.</param>
    /// <param name="random">Where its randomness comes from.</param>
    public static double Scale(CopyState state, ReadOnlySpan<int> layers, int span, SeedStream random)
    {
        const int Samples = 500;
        const int Draws = 100 * Samples;
        var (sum, taken, n) = (0.0, 0, state.Items.Count);
        for (var i = 0; i < Draws && taken < Samples; i++)
        {
            var (layer, a, b) = (layers[random.Next(layers.Length)], random.Next(n), random.Next(n));
            if (state.Items.PartOf[layer * n + a] / span != state.Items.PartOf[layer * n + b] / span || !state.MaySwap(layer, a, b))
                continue;
            sum += Math.Abs(state.LeastChange(layer, a, b) + state.Overlap(layer, a, b));
            taken++;
        }
        return Math.Max(1, sum / Math.Max(1, taken));
    }

    /// <summary>What swapping two items would add to the load beyond the limit.</summary>
    public static long OverloadChange(CopyState state, int layer, long[] limits, int a, int b)
    {
        var (items, n) = (state.Items, state.Items.Count);
        var loads = state.PartLoad.AsSpan(layer * state.Parts, state.Parts);
        var (partA, partB) = (items.PartOf[layer * n + a], items.PartOf[layer * n + b]);
        // How far each part is beyond its limit; negative within it.
        var (p, q) = (loads[partA] - limits[partA], loads[partB] - limits[partB]);
        var shift = items.Load[layer * n + b] - items.Load[layer * n + a];
        return Math.Max(0, p + shift) + Math.Max(0, q - shift) - Math.Max(0, p) - Math.Max(0, q);
    }

    private static double[] MakeLogTable()
    {
        var table = new double[1 << LogTableBits];
        for (var i = 0; i < table.Length; i++)
            table[i] = Math.Log((i + 0.5) / table.Length);
        return table;
    }
}
