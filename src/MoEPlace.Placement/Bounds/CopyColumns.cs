using MoEPlace.Traces;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// Copies as columns. A part that holds S in a layer is reached by the tokens that meet S: 2 copies each, but for what a token saves that
/// comes from there or goes there. Home: it saves 2 on its home. Coherent: it goes where its top-1 is, which it always reaches, and comes
/// from where its top-1 of the layer before was; so it costs 2 |R| - 1 - [from in R].
/// </summary>
/// <param name="tokens">The tokens.</param>
/// <param name="parts">Ranks or nodes.</param>
/// <param name="ranksPerPart">Ranks of each part.</param>
/// <param name="load">[layers][experts].</param>
/// <param name="limits">[layers] the most load of a part.</param>
internal sealed class CopyColumns(CopyTokens tokens, int parts, int ranksPerPart, long[][] load, long[] limits)
{
    private readonly int capacity = tokens.Experts / parts;

    private int Layers => tokens.Choices.Length;

    private double Scale => ColumnChain.ScaleOf(3.0 * Layers * Math.Max(1, tokens.Home.Length));

    /// <summary>One chain of all layers for residency coherent; values are savings less costs, without the constant.</summary>
    /// <param name="constant">Receives what every placement costs besides.</param>
    /// <param name="first">Receives [parts, padded sets] what a set of layer 0 saves on each part, in units.</param>
    /// <param name="labelled">True leaves that out of the values; false counts the best part for every set.</param>
    public ColumnChain Coherent(bool labelled, out long constant, out int[] first)
    {
        var sets = Enumerable.Range(0, Layers).Select(l => SubsetList.Of(load[l], capacity, limits[l])).ToArray();
        var (unary, rows) = (new int[Layers][], new int[Layers - 1][]);
        var saved = new long[Layers];
        var scale = Scale;
        int[] atFirst = [];
        Parallel.For(0, Layers, l =>
        {
            var width = ColumnChain.Padded(sets[l].Count);
            var (from, groups) = l == 0 ? (tokens.Home.Select(h => h / ranksPerPart).ToArray(), parts) : (Before(l), tokens.Experts + 1);
            var counts = new MeetCounts(tokens.Choices[l], tokens.TopK, tokens.Experts, from, groups).Count(sets[l], width);
            unary[l] = Unary(counts, groups, sets[l].Count, width, scale);
            var distinct = tokens.Distinct(l);
            for (var t = 0; t < distinct.Length; t++)
                saved[l] += distinct[t] == 0 ? 0 : l > 0 && from[t] == tokens.Experts ? 2 : 1;
            foreach (ref var count in counts.AsSpan())
                count = (int)Math.Ceiling(count * scale);
            if (l == 0)
                atFirst = counts;
            else
                rows[l - 1] = counts[..(tokens.Experts * width)];
        });
        (first, constant) = (atFirst, -saved.Sum());
        if (!labelled)
            AddBestPart(unary[0], first, sets[0].Count);
        return new ColumnChain { Experts = tokens.Experts, Ranks = parts, Sets = sets, Unary = unary, Rows = rows, Scale = scale };
    }

    /// <summary>One layer under residency home.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="labelled">True leaves what is saved at home out of the values; false counts the best part for every set.</param>
    /// <param name="first">Receives [parts, padded sets] what a set saves on each part, in units.</param>
    public ColumnChain Home(int layer, bool labelled, out int[] first)
    {
        var sets = SubsetList.Of(load[layer], capacity, limits[layer]);
        var width = ColumnChain.Padded(sets.Count);
        var home = tokens.Home.Select(h => h / ranksPerPart).ToArray();
        first = new MeetCounts(tokens.Choices[layer], tokens.TopK, tokens.Experts, home, parts).Count(sets, width);
        var unary = Unary(first, parts, sets.Count, width, Scale);
        foreach (ref var count in first.AsSpan())
            count = (int)Math.Ceiling(2 * count * Scale);
        if (!labelled)
            AddBestPart(unary, first, sets.Count);
        return new ColumnChain { Experts = tokens.Experts, Ranks = parts, Sets = [sets], Unary = [unary], Rows = [], Scale = Scale };
    }

    /// <summary>[tokens] the top-1 of the layer before, and a group of their own for those without.</summary>
    private int[] Before(int layer) =>
        [.. tokens.TopOne[layer - 1].Select(e => e == RoutingTrace.NoExpert ? tokens.Experts : e)];

    /// <summary>-2 for every token that meets a set.</summary>
    private static int[] Unary(int[] counts, int groups, int sets, int width, double scale)
    {
        var unary = new int[width];
        unary.AsSpan(sets).Fill(ColumnChain.Never);
        for (var s = 0; s < sets; s++)
        {
            var met = 0L;
            for (var g = 0; g < groups; g++)
                met += counts[g * width + s];
            unary[s] = (int)Math.Ceiling(-2 * met * scale);
        }
        return unary;
    }

    private void AddBestPart(int[] unary, int[] first, int sets)
    {
        for (var s = 0; s < sets; s++)
        {
            var most = 0;
            for (var p = 0; p < parts; p++)
                most = Math.Max(most, first[p * unary.Length + s]);
            unary[s] += most;
        }
    }
}
