namespace MoEPlace.Traces.Synthesis;

/// <summary>Draws from a discrete distribution in constant time (Walker 1977, built as Vose 1991 does).</summary>
internal sealed class AliasTable
{
    private readonly double[] keep;
    private readonly int[] other;

    /// <summary>A table of outcomes 0 to length - 1.</summary>
    /// <param name="weights">Not negative, with a sum above 0.</param>
    internal AliasTable(double[] weights)
    {
        var (n, sum) = (weights.Length, weights.Sum());
        keep = [.. weights.Select(w => w * n / sum)];
        other = [.. Enumerable.Range(0, n)];
        var small = new Stack<int>(other.Where(i => keep[i] < 1));
        var large = new Stack<int>(other.Where(i => keep[i] >= 1));
        while (small.Count > 0 && large.Count > 0)
        {
            var (low, high) = (small.Pop(), large.Pop());
            other[low] = high;
            keep[high] -= 1 - keep[low];
            (keep[high] < 1 ? small : large).Push(high);
        }
        // What is left is 1 but for rounding.
        foreach (var i in small.Concat(large))
            keep[i] = 1;
    }

    /// <summary>Outcome r has a probability in proportion to (r + 1)^-exponent.</summary>
    internal static AliasTable Zipf(int outcomes, double exponent) =>
        new([.. Enumerable.Range(1, outcomes).Select(r => Math.Pow(r, -exponent))]);

    /// <summary>Draws an outcome.</summary>
    internal int Draw(SeedStream random)
    {
        var i = random.Next(keep.Length);
        return random.NextDouble() < keep[i] ? i : other[i];
    }
}
