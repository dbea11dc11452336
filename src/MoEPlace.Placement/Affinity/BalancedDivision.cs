namespace MoEPlace.Placement.Affinity;

/// <summary>Divides weighted items over equal parts of equally many items so that the heaviest part is light.</summary>
internal static class BalancedDivision
{
    private const int Restarts = 64;

    /// <summary>[layers, experts] the first experts on the first part, and so on: what a search may start from when load plays no part.</summary>
    public static int[] InOrder(int layers, int experts, int parts)
    {
        var partOf = new int[layers * experts];
        for (var cell = 0; cell < partOf.Length; cell++)
            partOf[cell] = cell % experts / (experts / parts);
        return partOf;
    }

    /// <summary>
    /// Longest first onto the lightest part with room (Graham 1969), then swaps with the heaviest part while they help, from shuffled
    /// orders again until <paramref name="goodEnough"/> or <see cref="LowerBound"/> is reached or the restarts are used up.
    /// </summary>
    /// <param name="weight">[items].</param>
    /// <param name="parts">Divides the number of items.</param>
    /// <param name="goodEnough">A heaviest part at which to stop.</param>
    /// <param name="random">For the restarts.</param>
    /// <param name="partOf">[items] receives the division.</param>
    /// <returns>The weight of the heaviest part.</returns>
    public static long Divide(ReadOnlySpan<long> weight, int parts, long goodEnough, SeedStream random, Span<int> partOf)
    {
        var enough = Math.Max(goodEnough == long.MaxValue ? 0 : goodEnough, LowerBound(weight, parts));
        var order = new int[weight.Length];
        var key = new double[weight.Length];
        var trial = new int[weight.Length];
        var best = long.MaxValue;
        for (var restart = 0; restart < Restarts && best > enough; restart++)
        {
            for (var i = 0; i < order.Length; i++)
                (order[i], key[i]) = (i, -weight[i] * (restart == 0 ? 1 : 0.7 + 0.6 * random.NextDouble()));
            Array.Sort(key, order);
            var load = Fill(weight, order, parts, trial);
            var heaviest = Improve(weight, trial, load);
            if (heaviest >= best)
                continue;
            best = heaviest;
            trial.CopyTo(partOf);
        }
        return best;
    }

    /// <summary>
    /// No division has a lighter heaviest part than this: the mean; the heaviest items that must share a part, with the lightest rest.
    /// </summary>
    public static long LowerBound(ReadOnlySpan<long> weight, int parts)
    {
        var sorted = weight.ToArray();
        Array.Sort(sorted);
        var (n, capacity) = (sorted.Length, sorted.Length / parts);
        var bound = (sorted.Sum() + parts - 1) / parts;
        for (var together = 1; together <= capacity; together++)
        {
            // Among the (together - 1) * parts + 1 heaviest items some part holds `together`, at least the lightest of them.
            var first = n - ((together - 1) * parts + 1);
            var sum = 0L;
            for (var i = 0; i < together; i++)
                sum += sorted[first + i];
            for (var i = 0; i < capacity - together; i++)
                sum += sorted[i];
            bound = Math.Max(bound, sum);
        }
        return bound;
    }

    private static long[] Fill(ReadOnlySpan<long> weight, int[] order, int parts, int[] partOf)
    {
        var capacity = weight.Length / parts;
        var load = new long[parts];
        var held = new int[parts];
        foreach (var item in order)
        {
            var lightest = -1;
            for (var part = 0; part < parts; part++)
                if (held[part] < capacity && (lightest < 0 || load[part] < load[lightest]))
                    lightest = part;
            partOf[item] = lightest;
            load[lightest] += weight[item];
            held[lightest]++;
        }
        return load;
    }

    private static long Improve(ReadOnlySpan<long> weight, int[] partOf, long[] load)
    {
        while (true)
        {
            var heavy = Array.IndexOf(load, load.Max());
            var (bestMost, bestA, bestB) = (load[heavy], -1, -1);
            for (var a = 0; a < partOf.Length; a++)
            {
                if (partOf[a] != heavy)
                    continue;
                for (var b = 0; b < partOf.Length; b++)
                {
                    var shift = weight[a] - weight[b];
                    if (partOf[b] == heavy || shift <= 0)
                        continue;
                    var most = Math.Max(load[heavy] - shift, load[partOf[b]] + shift);
                    if (most < bestMost)
                        (bestMost, bestA, bestB) = (most, a, b);
                }
            }
            if (bestA < 0)
                return load[heavy];
            load[heavy] -= weight[bestA] - weight[bestB];
            load[partOf[bestB]] += weight[bestA] - weight[bestB];
            (partOf[bestA], partOf[bestB]) = (partOf[bestB], partOf[bestA]);
        }
    }
}
