namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The best placement, proven, where a layer can be divided in few ways: dynamic programming along the layers over all divisions. Ranks
/// of a node are alike and nodes are alike, so that what follows a division is worth the same under every renumbering of them: only
/// divisions in canonical order keep a value, each weighed against every numbered division of the next layer.
/// </summary>
internal sealed class ExactChain
{
    /// <summary>More numbered divisions than this are not tried.</summary>
    private const int MostDivisions = 5_000;

    private const int MostSets = 1_000;

    private readonly Tier[] tiers;
    private readonly DivisionList divisions;
    private readonly bool[][] allowed;

    private ExactChain(Tier[] tiers, DivisionList divisions, bool[][] allowed) =>
        (this.tiers, this.divisions, this.allowed) = (tiers, divisions, allowed);

    /// <summary>What one tier (ranks, or nodes) counts.</summary>
    /// <param name="Columns">Values of all sets, without load limits.</param>
    /// <param name="First">[parts, padded sets] what a set of the first layer is worth on each part besides; empty for nothing.</param>
    /// <param name="Weight">Worth of a unit.</param>
    internal sealed record Tier(ColumnChain Columns, int[] First, double Weight);

    /// <summary>Whether a layer can be divided in few enough ways.</summary>
    public static bool CanSolve(int experts, int ranks) =>
        experts <= 256 && DivisionList.CountOf(experts, ranks) <= MostDivisions && SubsetList.CountOf(experts, experts / ranks) <= MostSets;

    /// <summary>Solves exactly.</summary>
    /// <param name="tiers">Ranks, and nodes where there are several.</param>
    /// <param name="ranksPerNode">Ranks of each node.</param>
    /// <param name="load">[layers][experts].</param>
    /// <param name="loadLimits">[layers] the most load of a rank.</param>
    /// <param name="stop">Asked between layers.</param>
    /// <returns>[layers, experts] the ranks, and what they keep; null when told to stop, or when no division holds the limits.</returns>
    public static (int[] RankOf, double Kept)? Solve(Tier[] tiers, int ranksPerNode, long[][] load, long[] loadLimits, Func<bool> stop)
    {
        var columns = tiers[0].Columns;
        var divisions = new DivisionList(columns.Experts, columns.Ranks, ranksPerNode);
        var allowed = load.Select((l, layer) => divisions.Within(l, loadLimits[layer])).ToArray();
        return new ExactChain(tiers, divisions, allowed).Solve(stop);
    }

    private (int[] RankOf, double Kept)? Solve(Func<bool> stop)
    {
        var layers = allowed.Length;
        var after = new double[divisions.Count];
        var next = new int[layers][];
        for (var layer = layers - 1; layer > 0; layer--)
        {
            if (stop())
                return null;
            var own = new double[divisions.Count];
            for (var d = 0; d < own.Length; d++)
                own[d] = allowed[layer][d] ? after[d] + OwnValue(layer, d) : double.NegativeInfinity;
            var choice = next[layer - 1] = new int[divisions.Count];
            var value = new double[divisions.Count];
            Parallel.ForEach(divisions.Canonical, d => (value[d], choice[d]) = BestAfter(layer - 1, d, own));
            for (var d = 0; d < value.Length; d++)
                value[d] = value[divisions.CanonicalOf[d]];
            after = value;
        }
        var (best, first) = (double.NegativeInfinity, -1);
        for (var d = 0; d < divisions.Count; d++)
        {
            var value = allowed[0][d] ? after[d] + OwnValue(0, d) + FirstValue(d) : double.NegativeInfinity;
            if (value > best)
                (best, first) = (value, d);
        }
        return first < 0 ? null : (Trace(first, next), best);
    }

    /// <summary>The best numbered division of the next layer for one of this layer, and what it and all after it are worth.</summary>
    private (double Value, int Choice) BestAfter(int layer, int division, double[] own)
    {
        // worth[tier][part][set]: what the part's experts keep with each set of the next layer.
        var worth = new double[tiers.Length][][];
        for (var t = 0; t < worth.Length; t++)
            worth[t] = [.. Enumerable.Range(0, tiers[t].Columns.Ranks).Select(p => RowOf(t, layer, divisions.SetOf(t, division, p)))];
        var (best, choice) = (double.NegativeInfinity, -1);
        for (var d = 0; d < own.Length; d++)
        {
            if (double.IsNegativeInfinity(own[d]))
                continue;
            var value = own[d];
            for (var t = 0; t < worth.Length; t++)
                for (var p = 0; p < worth[t].Length; p++)
                    value += worth[t][p][divisions.SetOf(t, d, p)];
            if (value > best)
                (best, choice) = (value, d);
        }
        return (best, choice);
    }

    private double[] RowOf(int t, int layer, int set)
    {
        var (columns, weight) = (tiers[t].Columns, tiers[t].Weight);
        var width = ColumnChain.Padded(columns.Sets[layer + 1].Count);
        var row = new double[columns.Sets[layer + 1].Count];
        var size = columns.Sets[layer].Size;
        foreach (var e in columns.Sets[layer].Members.AsSpan(set * size, size))
            for (var s = 0; s < row.Length; s++)
                row[s] += weight * columns.Rows[layer][e * width + s];
        return row;
    }

    private double OwnValue(int layer, int division)
    {
        var value = 0.0;
        for (var t = 0; t < tiers.Length; t++)
            for (var p = 0; p < tiers[t].Columns.Ranks; p++)
                value += tiers[t].Weight * tiers[t].Columns.Unary[layer][divisions.SetOf(t, division, p)];
        return value;
    }

    private double FirstValue(int division)
    {
        var value = 0.0;
        for (var t = 0; t < tiers.Length; t++)
            for (var p = 0; p < tiers[t].Columns.Ranks && tiers[t].First.Length > 0; p++)
                value += tiers[t].Weight * tiers[t].First[p * tiers[t].Columns.Unary[0].Length + divisions.SetOf(t, division, p)];
        return value;
    }

    private int[] Trace(int first, int[][] next)
    {
        var n = tiers[0].Columns.Experts;
        var rankOf = new int[allowed.Length * n];
        // Ranks as the division at hand numbers them -> ranks of the result.
        var renumbered = Enumerable.Range(0, tiers[0].Columns.Ranks).ToArray();
        for (var (layer, division) = (0, first); ; layer++)
        {
            for (var e = 0; e < n; e++)
                rankOf[layer * n + e] = renumbered[divisions.RankOf(division, e)];
            if (layer == allowed.Length - 1)
                return rankOf;
            var (canonical, to) = (divisions.CanonicalOf[division], new int[renumbered.Length]);
            for (var e = 0; e < n; e++)
                to[divisions.RankOf(canonical, e)] = renumbered[divisions.RankOf(division, e)];
            (renumbered, division) = (to, next[layer][canonical]);
        }
    }
}
