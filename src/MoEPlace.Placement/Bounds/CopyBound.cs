using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The least copies to parts of one tier, ranks or nodes: without enumeration at once, then by columns where sets are few enough.
/// </summary>
internal sealed class CopyBound
{
    /// <summary>More words than this (some ten seconds) are not read to count who meets which set.</summary>
    private const double MostWords = 2e10;

    private readonly CopyTokens tokens;
    private readonly CopyColumns columns;
    private readonly ChainProblem pairs;
    private readonly bool coherent;
    private readonly long[] perLayer;

    /// <param name="tokens">The tokens.</param>
    /// <param name="pairs">The tier, with what pairs save: leads the search for a good placement.</param>
    /// <param name="ranksPerPart">Ranks of each part.</param>
    /// <param name="coherent">Whether tokens stay with their top-1.</param>
    public CopyBound(CopyTokens tokens, ChainProblem pairs, int ranksPerPart, bool coherent)
    {
        (this.tokens, this.pairs, this.coherent) = (tokens, pairs, coherent);
        columns = new CopyColumns(tokens, pairs.Parts, ranksPerPart, pairs.Load, [.. pairs.LoadLimit.Select(limits => limits.Max())]);
        var fallback = new CopyFallback(tokens, pairs.Parts, ranksPerPart, pairs.MostCapacity);
        perLayer = new long[pairs.Layers];
        Parallel.For(0, perLayer.Length, l => perLayer[l] = fallback.Least(l, coherent));
        Copies = perLayer.Sum();
    }

    /// <summary>No placement has fewer copies.</summary>
    public double Copies { get; private set; }

    /// <summary>[layers] no placement has fewer in a layer; by columns at home alone.</summary>
    public ReadOnlySpan<long> PerLayer => perLayer;

    /// <summary>Whether columns have tightened the bound.</summary>
    public bool ByColumns { get; private set; }

    /// <summary>Tightens the bound by columns.</summary>
    /// <param name="mostRounds">Limit in rounds.</param>
    /// <param name="stop">Asked between steps.</param>
    /// <param name="seed">Of the search for a good placement.</param>
    /// <param name="found">Called after every better bound.</param>
    public void Tighten(int mostRounds, Func<bool> stop, long seed, Action found)
    {
        var sets = (double)SubsetList.CountOf(tokens.Experts, pairs.MostCapacity);
        var words = sets * pairs.Layers * (tokens.Home.Length / 64.0 + (coherent ? tokens.Experts / 2.0 : 0));
        if (!pairs.HasEqualParts || !TierBound.CanEnumerate(coherent ? pairs.Layers : 1, tokens.Experts, pairs.MostCapacity) || words > MostWords)
            return;
        if (coherent)
            TightenChain(mostRounds, stop, seed, found);
        else
            TightenLayers(mostRounds, stop, found);
    }

    private void TightenChain(int mostRounds, Func<bool> stop, long seed, Action found)
    {
        var chain = columns.Coherent(false, out var constant, out _);
        if (chain.Sets.Any(s => s.Count < pairs.Parts))
            return;
        var bound = new ColumnBound(chain, () => TierBound.GoodPlacement(pairs, seed, stop), Worth(chain), stop);
        bound.Begin(Start(chain));
        bound.Run(mostRounds, value => Improve(constant - value, found));
    }

    private void TightenLayers(int mostRounds, Func<bool> stop, Action found)
    {
        var gate = new Lock();
        Parallel.For(0, perLayer.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, l =>
        {
            if (stop())
                return;
            var chain = columns.Home(l, false, out _);
            if (chain.Sets[0].Count < pairs.Parts)
                return;
            var bound = new ColumnBound(chain, () => [], Worth(chain), stop);
            bound.Begin(Start(chain));
            bound.Run(mostRounds, null);
            lock (gate)
            {
                perLayer[l] = Math.Max(perLayer[l], Whole(-bound.Best));
                Improve(perLayer.Sum(), found);
            }
        });
    }

    private void Improve(double copies, Action found)
    {
        if (Whole(copies) <= Copies)
            return;
        (Copies, ByColumns) = (Whole(copies), true);
        found();
    }

    /// <summary>Copies are whole; the margin is for the division by the scale.</summary>
    private static long Whole(double copies) => double.IsFinite(copies) ? (long)Math.Ceiling(copies - 1e-6) : 0;

    private static double Worth(ColumnChain chain) =>
        Math.Max(chain.Scale, -chain.Unary[0].Take(chain.Sets[0].Count).Average(v => (double)v));

    /// <summary>Every expert at an equal share of what a mean set is worth.</summary>
    private static double[] Start(ColumnChain chain)
    {
        var start = new double[chain.Layers * chain.Experts];
        for (var l = 0; l < chain.Layers; l++)
            start.AsSpan(l * chain.Experts, chain.Experts)
                .Fill(chain.Unary[l].Take(chain.Sets[l].Count).Average(v => (double)v) / chain.Sets[l].Size);
        return start;
    }
}
