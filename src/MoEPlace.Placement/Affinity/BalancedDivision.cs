namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Divides weighted items over parts of given numbers of items so that the slowest part is soon done: a part's time is its weight over
/// its speed.
/// </summary>
internal static class BalancedDivision
{
    private const int Restarts = 64;

    /// <summary>[layers, experts] the first experts on the first part, and so on: what a search may start from when load plays no part.</summary>
    public static int[] InOrder(int layers, ReadOnlySpan<int> capacityOf)
    {
        var row = new List<int>();
        for (var part = 0; part < capacityOf.Length; part++)
            row.AddRange(Enumerable.Repeat(part, capacityOf[part]));
        var partOf = new int[layers * row.Count];
        for (var cell = 0; cell < partOf.Length; cell++)
            partOf[cell] = row[cell % row.Count];
        return partOf;
    }

    /// <summary>
    /// Longest first onto the part with room that would be done first (Graham 1969), then swaps with the slowest part while they help,
    /// from shuffled orders again until <paramref name="goodEnough"/> or <see cref="LowerBound"/> is reached or the restarts are used up.
    /// </summary>
    /// <param name="weight">[items].</param>
    /// <param name="capacityOf">[parts] items of each part; together all items.</param>
    /// <param name="speedOf">[parts] above 0.</param>
    /// <param name="goodEnough">A slowest part's time at which to stop.</param>
    /// <param name="random">For the restarts.</param>
    /// <param name="partOf">[items] receives the division.</param>
    /// <returns>The time of the slowest part.</returns>
    public static double Divide(
        ReadOnlySpan<long> weight, ReadOnlySpan<int> capacityOf, ReadOnlySpan<double> speedOf, double goodEnough, SeedStream random,
        Span<int> partOf)
    {
        var enough = Math.Max(double.IsInfinity(goodEnough) ? 0 : goodEnough, LowerBound(weight, capacityOf, speedOf));
        var order = new int[weight.Length];
        var key = new double[weight.Length];
        var trial = new int[weight.Length];
        var best = double.PositiveInfinity;
        for (var restart = 0; restart < Restarts && best > enough; restart++)
        {
            for (var i = 0; i < order.Length; i++)
                (order[i], key[i]) = (i, -weight[i] * (restart == 0 ? 1 : 0.7 + 0.6 * random.NextDouble()));
            Array.Sort(key, order);
            var load = Fill(weight, order, capacityOf, speedOf, trial);
            var slowest = Improve(weight, trial, load, speedOf);
            if (slowest >= best)
                continue;
            best = slowest;
            trial.CopyTo(partOf);
        }
        return best;
    }

    /// <summary>
    /// No division has a slowest part that is done before this: the mean; and, where all parts are alike, the heaviest items that must
    /// share a part, with the lightest rest.
    /// </summary>
    public static double LowerBound(ReadOnlySpan<long> weight, ReadOnlySpan<int> capacityOf, ReadOnlySpan<double> speedOf)
    {
        var sorted = weight.ToArray();
        Array.Sort(sorted);
        var speed = 0.0;
        for (var part = 0; part < capacityOf.Length; part++)
            speed += capacityOf[part] > 0 ? speedOf[part] : 0;
        if (capacityOf.ContainsAnyExcept(capacityOf[0]) || speedOf.ContainsAnyExcept(speedOf[0]))
            return sorted.Sum() / speed;
        var (n, parts, capacity) = (sorted.Length, capacityOf.Length, capacityOf[0]);
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
        return bound / speedOf[0];
    }

    private static long[] Fill(
        ReadOnlySpan<long> weight, int[] order, ReadOnlySpan<int> capacityOf, ReadOnlySpan<double> speedOf, int[] partOf)
    {
        var load = new long[capacityOf.Length];
        var held = new int[capacityOf.Length];
        foreach (var item in order)
        {
            var (first, firstTime) = (-1, double.PositiveInfinity);
            for (var part = 0; part < load.Length; part++)
            {
                var time = load[part] / speedOf[part];
                if (held[part] < capacityOf[part] && time < firstTime)
                    (first, firstTime) = (part, time);
            }
            partOf[item] = first;
            load[first] += weight[item];
            held[first]++;
        }
        return load;
    }

    private static double Improve(ReadOnlySpan<long> weight, int[] partOf, long[] load, ReadOnlySpan<double> speedOf)
    {
        while (true)
        {
            var slow = 0;
            for (var part = 1; part < load.Length; part++)
                if (load[part] / speedOf[part] > load[slow] / speedOf[slow])
                    slow = part;
            var (bestMost, bestA, bestB) = (load[slow] / speedOf[slow], -1, -1);
            for (var a = 0; a < partOf.Length; a++)
            {
                if (partOf[a] != slow)
                    continue;
                for (var b = 0; b < partOf.Length; b++)
                {
                    var shift = weight[a] - weight[b];
                    if (partOf[b] == slow || shift <= 0)
                        continue;
                    var most = Math.Max((load[slow] - shift) / speedOf[slow], (load[partOf[b]] + shift) / speedOf[partOf[b]]);
                    if (most < bestMost)
                        (bestMost, bestA, bestB) = (most, a, b);
                }
            }
            if (bestA < 0)
                return load[slow] / speedOf[slow];
            load[slow] -= weight[bestA] - weight[bestB];
            load[partOf[bestB]] += weight[bestA] - weight[bestB];
            (partOf[bestA], partOf[bestB]) = (partOf[bestB], partOf[bestA]);
        }
    }
}
