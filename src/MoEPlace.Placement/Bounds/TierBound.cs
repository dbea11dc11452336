using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The least crossings between parts of one tier, ranks or nodes: partners at once, then columns where the sets are few enough.
/// </summary>
internal sealed class TierBound
{
    /// <summary>More sets of a layer than this are not enumerated.</summary>
    public const int MostSets = 40_000;

    /// <summary>More values than this (400 MB) are not tabulated.</summary>
    private const long MostValues = 100_000_000;

    private readonly ChainProblem chain;
    private readonly double total;
    private readonly double[] start;
    private readonly double[] kept;

    /// <summary>The bound by partners.</summary>
    /// <param name="chain">The tier: its parts are the ranks or the nodes.</param>
    /// <param name="stop">True ends it with what it has.</param>
    public TierBound(ChainProblem chain, Func<bool> stop)
    {
        this.chain = chain;
        var n = chain.Experts;
        start = new double[chain.Layers * n];
        kept = new double[chain.Layers - 1];
        var prices = kept.Select(_ => new double[2 * n]).ToArray();
        Parallel.For(0, kept.Length, l => kept[l] = PartnerBound.Kept(chain.Transitions[l], n, chain.MostCapacity, stop, prices[l]));
        for (var l = 0; l < kept.Length; l++)
            for (var i = 0; i < 2 * n; i++)
                start[l * n + i] += chain.MostCapacity * prices[l][i];
        total = chain.Transitions.Sum(t => t.Sum(v => (double)v));
        Crossings = Math.Max(0, Math.Ceiling(total - kept.Sum()));
    }

    /// <summary>No placement has fewer crossings.</summary>
    public double Crossings { get; private set; }

    /// <summary>What proves it: partners, columns or teams.</summary>
    public string Method { get; private set; } = "partners";

    /// <summary>Whether columns can be enumerated.</summary>
    public static bool CanEnumerate(int layers, int experts, int capacity)
    {
        var sets = SubsetList.CountOf(experts, capacity);
        return experts <= 256 && sets <= MostSets && (long)layers * experts * sets <= MostValues;
    }

    /// <summary>Tightens the bound by columns.</summary>
    /// <param name="mostRounds">Limit in rounds.</param>
    /// <param name="stop">Asked between steps.</param>
    /// <param name="seed">Of the search for a good placement.</param>
    /// <param name="found">Called after every better bound.</param>
    public void Tighten(int mostRounds, Func<bool> stop, long seed, Action found)
    {
        if (chain.Layers < 2 || total == 0 || !chain.HasEqualParts)
            return;
        if (!CanEnumerate(chain.Layers, chain.Experts, chain.MostCapacity))
        {
            if (TeamTier.CanBound(chain.Experts, chain.MostCapacity))
                TeamTier.Tighten(chain, kept, mostRounds, stop, () => Lower(kept.Sum(), "teams", found));
            return;
        }
        var columns = ColumnChain.OfCrossing(chain);
        if (columns.Sets.Any(s => s.Count < chain.Parts))
            return;
        var worth = columns.Scale * Math.Max(1, total - Crossings) / chain.Parts / chain.Layers;
        var bound = new ColumnBound(columns, () => GoodPlacement(chain, seed, stop), worth, stop);
        bound.Begin([.. start.Select(s => s * columns.Scale)]);
        bound.Run(mostRounds, all => Lower(all, "columns", found));
    }

    private void Lower(double all, string method, Action found)
    {
        // Crossings are whole; the margin is for divisions by a scale and the sum over layers.
        var crossings = Math.Ceiling(total - all - 1e-6 * Math.Max(1, total * 1e-6));
        if (crossings <= Crossings)
            return;
        (Crossings, Method) = (crossings, method);
        found();
    }

    /// <summary>A placement found in a moment.</summary>
    internal static int[] GoodPlacement(ChainProblem chain, long seed, Func<bool> stop)
    {
        const long ProposalsPerExpert = 2_000;
        var balanced = BalancedDivision.InOrder(chain.Layers, chain.CapacityOf);
        for (var l = 0; chain.HasLoadLimit && l < chain.Layers; l++)
        {
            var row = balanced.AsSpan(l * chain.Experts, chain.Experts);
            var limits = chain.LoadLimit[l].Select(limit => Math.Max(1.0, limit)).ToArray();
            BalancedDivision.Divide(chain.Load[l], chain.CapacityOf, limits, 1, new SeedStream(seed, "bound balance", l), row);
        }
        var search = new ChainSearch(chain, balanced, new SeedStream(seed, "bound"));
        search.Fresh(new Effort(ProposalsPerExpert * chain.Layers * chain.Experts, double.PositiveInfinity), stop);
        return search.State.PartOf.ToArray();
    }
}
