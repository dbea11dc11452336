using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Bounds;

/// <summary>The best placement of small models, proven by enumeration: which one, and its objective.</summary>
internal static class ExactPlacement
{
    /// <summary>The placement with the least crossings; null when divisions are too many, none holds the limits, or told to stop.</summary>
    /// <param name="problem">A problem without redundant slots whose counts have transitions.</param>
    /// <param name="limits">[layers] the most load of a rank.</param>
    /// <param name="stop">Asked between layers.</param>
    public static (int[] RankOf, double Objective)? Crossing(PlacementProblem problem, long[] limits, Func<bool> stop)
    {
        var cluster = problem.Cluster;
        if (!ExactChain.CanSolve(problem.Model.Experts, cluster.Ranks))
            return null;
        var chain = ChainOf.Crossing(problem, [.. limits.Select(_ => Unlimited(problem.Cluster.Ranks))]);
        var tiers = new List<ExactChain.Tier> { Tier(ColumnChain.OfCrossing(chain), [], 1) };
        if (cluster.NodeCrossingWeight > 0)
            tiers.Add(Tier(ColumnChain.OfCrossing(chain.OfNodes()), [], cluster.NodeCrossingWeight));
        if (!Fits(tiers) || ExactChain.Solve([.. tiers], cluster.RanksPerNode, chain.Load, limits, stop) is not { } solved)
            return null;
        return (solved.RankOf, CrossingCount.Objective(problem.Counts, solved.RankOf, cluster));
    }

    /// <summary>The placement with the fewest copies; null besides when, coherent, a token lacks an expert in some layer.</summary>
    /// <param name="problem">A problem with tokens and without redundant slots.</param>
    /// <param name="limits">[layers] the most load of a rank.</param>
    /// <param name="stop">Asked between layers.</param>
    public static (int[] RankOf, double Objective)? Copies(PlacementProblem problem, long[] limits, Func<bool> stop)
    {
        var (cluster, coherent) = (problem.Cluster, problem.Conditions.RunsCoherent);
        var (n, layers) = (problem.Model.Experts, problem.Model.Layers);
        if (!ExactChain.CanSolve(n, cluster.Ranks))
            return null;
        var tokens = CopyTokens.Of(problem);
        if (coherent && !tokens.IsWhole)
            return null;
        var load = Enumerable.Range(0, layers).Select(l => problem.Counts.Load(l).ToArray()).ToArray();
        var unlimited = Enumerable.Repeat(long.MaxValue, layers).ToArray();
        var weights = cluster.NodeCrossingWeight > 0 ? new[] { 1, cluster.NodeCrossingWeight } : [1];
        var columns = weights.Select((_, t) => t == 0
            ? new CopyColumns(tokens, cluster.Ranks, 1, load, unlimited)
            : new CopyColumns(tokens, cluster.Nodes, cluster.RanksPerNode, load, unlimited)).ToArray();
        if (!coherent)
            return Home(problem, limits, load, columns, weights, stop);
        var constant = 0.0;
        var tiers = columns.Select((c, t) =>
        {
            var chain = c.Coherent(true, out var fixedCost, out var first);
            constant += weights[t] * fixedCost;
            return Tier(chain, first, weights[t]);
        }).ToList();
        if (!Fits(tiers) || ExactChain.Solve([.. tiers], cluster.RanksPerNode, load, limits, stop) is not { } solved)
            return null;
        return (solved.RankOf, constant - solved.Kept);
    }

    private static (int[] RankOf, double Objective)? Home(
        PlacementProblem problem, long[] limits, long[][] load, CopyColumns[] columns, double[] weights, Func<bool> stop)
    {
        var n = problem.Model.Experts;
        var (rankOf, objective) = (new int[load.Length * n], 0.0);
        for (var l = 0; l < load.Length; l++)
        {
            var tiers = columns.Select((c, t) => Tier(c.Home(l, true, out var first), first, weights[t])).ToList();
            if (!Fits(tiers) || ExactChain.Solve([.. tiers], problem.Cluster.RanksPerNode, [load[l]], [limits[l]], stop) is not { } solved)
                return null;
            solved.RankOf.CopyTo(rankOf, l * n);
            objective -= solved.Kept;
        }
        return (rankOf, objective);
    }

    private static ExactChain.Tier Tier(ColumnChain columns, int[] first, double weight) => new(columns, first, weight / columns.Scale);

    /// <summary>Values must not have been rounded up to fit.</summary>
    private static bool Fits(List<ExactChain.Tier> tiers) => tiers.TrueForAll(t => t.Columns.Scale >= 1);

    private static long[] Unlimited(int ranks) => [.. Enumerable.Repeat(long.MaxValue, ranks)];
}
