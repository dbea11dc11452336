namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The best column under given prices over all sets, exactly, and the best column through each set. Where sets are many it leaves out
/// those that cannot be in a best column: what was best through a set under earlier prices, plus the most that any column can have
/// gained since, is below a column that is known.
/// </summary>
/// <param name="chain">All columns.</param>
/// <param name="stop">Asked between layers.</param>
internal sealed class ExactPass(ColumnChain chain, Func<bool> stop)
{
    /// <summary>With more than this share of the sets left over, all are run, and bounds start from there.</summary>
    private const double WorthPruning = 0.5;

    private int[][]? reference;
    private int[] referencePrices = [];

    /// <summary>[layers][sets] the best column through each set, or no more than that.</summary>
    public int[][] Through { get; private set; } = [];

    /// <summary>The value of the best column less its prices; null when told to stop.</summary>
    /// <param name="prices">[layers, experts] in units.</param>
    /// <param name="known">Columns some of which are good: what the best of them is worth is worth something here; null for none.</param>
    public long? Best(int[] prices, ColumnChain? known)
    {
        if (reference is not null && known is not null)
        {
            var least = new HardPass(known, Never).Best(prices);
            var left = Survivors(prices, least);
            if (left.Select((s, l) => (double)s.Length / chain.Sets[l].Count).Average() < WorthPruning)
                return Run(chain.Restrict(left), prices, left);
        }
        var best = Run(chain, prices, null);
        if (best is null)
            return null;
        (reference, referencePrices) = (Through, [.. prices]);
        return best;
    }

    private static bool Never() => false;

    private long? Run(ColumnChain columns, int[] prices, int[][]? numbers)
    {
        var pass = new HardPass(columns, stop);
        var other = Task.Run(() => pass.RunForward(prices));
        var best = pass.Best(prices);
        other.Wait();
        if (stop())
            return null;
        var through = new int[chain.Layers][];
        for (var l = 0; l < through.Length; l++)
        {
            through[l] = new int[chain.Sets[l].Count];
            through[l].AsSpan().Fill(ColumnChain.Never);
            for (var s = 0; s < columns.Sets[l].Count; s++)
                through[l][numbers is null ? s : numbers[l][s]] = pass.Forward[l][s] + pass.Backward[l][s];
        }
        Through = through;
        return best;
    }

    /// <summary>The sets through which a column may be worth <paramref name="least"/> or more.</summary>
    private int[][] Survivors(int[] prices, long least)
    {
        var n = chain.Experts;
        var change = new long[prices.Length];
        var mostGain = new long[chain.Layers];
        for (var l = 0; l < chain.Layers; l++)
        {
            for (var cell = l * n; cell < (l + 1) * n; cell++)
                change[cell] = (long)prices[cell] - referencePrices[cell];
            var sorted = change.AsSpan(l * n, n).ToArray();
            Array.Sort(sorted);
            for (var i = 0; i < chain.Sets[l].Size; i++)
                mostGain[l] -= sorted[i];
        }
        var gain = mostGain.Sum();
        var left = new int[chain.Layers][];
        for (var l = 0; l < chain.Layers; l++)
        {
            var (sets, found) = (chain.Sets[l], new List<int>());
            for (var s = 0; s < sets.Count; s++)
            {
                var most = reference![l][s] + gain - mostGain[l];
                for (var i = 0; i < sets.Size; i++)
                    most -= change[l * n + sets.Members[s * sets.Size + i]];
                if (most >= least)
                    found.Add(s);
            }
            left[l] = [.. found];
        }
        return left;
    }
}
