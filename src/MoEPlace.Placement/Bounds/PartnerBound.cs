namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The bound that always answers: an expert shares its part with exactly C experts of the next layer and of the one before, so between
/// two layers no more is kept than by the best choice of C partners for each (a b-matching). Its dual holds at any prices u, v:
/// C (sum u + sum v) + sum max(0, T - u - v). Rows and columns set their prices in turn, each the best for the other.
/// </summary>
internal static class PartnerBound
{
    /// <summary>Prices are multiples of 1 / this.</summary>
    private const int Unit = 16;

    private const int Sweeps = 40;

    /// <summary>The most transitions of one pair of layers that stay on their part.</summary>
    /// <param name="transitions">[experts, experts].</param>
    /// <param name="experts">Experts of a layer.</param>
    /// <param name="capacity">Experts of a part.</param>
    /// <param name="stop">True ends the search for prices after the first ones; any prices give a bound.</param>
    /// <param name="prices">[2, experts] receives u and v of the bound.</param>
    public static double Kept(int[] transitions, int experts, int capacity, Func<bool> stop, double[]? prices = null)
    {
        var weight = new long[experts * experts];
        var turned = new long[experts * experts];
        for (var a = 0; a < experts; a++)
            for (var b = 0; b < experts; b++)
                turned[b * experts + a] = weight[a * experts + b] = (long)transitions[a * experts + b] * Unit;
        var (u, v) = (new long[experts], new long[experts]);
        var best = long.MaxValue;
        for (var sweep = 0; sweep < 2 * Sweeps && (sweep == 0 || !stop()); sweep++)
        {
            var dual = sweep % 2 == 0 ? Reprice(weight, v, u, capacity) : Reprice(turned, u, v, capacity);
            if (dual >= best)
                continue;
            best = dual;
            for (var i = 0; i < experts && prices is not null; i++)
                (prices[i], prices[experts + i]) = ((double)u[i] / Unit, (double)v[i] / Unit);
        }
        return (double)best / Unit;
    }

    /// <summary>The most transitions that stay on their part where experts may be copied: capacity² pairs meet on a part.</summary>
    /// <param name="transitions">[experts, experts].</param>
    /// <param name="parts">Number of parts.</param>
    /// <param name="capacity">Slots of a part.</param>
    public static double KeptWithCopies(ReadOnlySpan<long> transitions, int parts, int capacity)
    {
        var sorted = transitions.ToArray();
        Array.Sort(sorted);
        var pairs = (long)Math.Min(sorted.Length, (double)parts * capacity * capacity);
        return sorted.AsSpan(sorted.Length - (int)pairs).ToArray().Sum();
    }

    /// <summary>
    /// Gives every row the price that is best for the prices of the columns, midway where several are: between the last weight that it
    /// takes and the first that it does not. Returns the dual.
    /// </summary>
    private static long Reprice(long[] weight, long[] columnPrice, long[] rowPrice, int capacity)
    {
        var n = rowPrice.Length;
        var (left, sum) = (new long[n], 0L);
        for (var a = 0; a < n; a++)
        {
            for (var b = 0; b < n; b++)
                left[b] = weight[a * n + b] - columnPrice[b];
            Array.Sort(left);
            var price = rowPrice[a] = capacity == n ? left[0] : (left[n - capacity] + left[n - capacity - 1]) >> 1;
            sum += capacity * (price + columnPrice[a]);
            for (var i = n - 1; i >= 0 && left[i] > price; i--)
                sum += left[i] - price;
        }
        return sum;
    }
}
