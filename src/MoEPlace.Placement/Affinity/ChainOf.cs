namespace MoEPlace.Placement.Affinity;

/// <summary>Makes the chain that stands for a problem.</summary>
internal static class ChainOf
{
    /// <summary>One GPU crossing in units of the objective: node weights are fractions of it.</summary>
    public const int Unit = 64;

    /// <summary>Beyond this a GPU crossing is nothing beside a node crossing, and sums might overflow.</summary>
    public const int MostNodeWeight = Unit << 10;

    /// <summary>The chain whose kept weight is what does not cross: top-1 transitions.</summary>
    /// <param name="problem">A problem whose counts have transitions.</param>
    /// <param name="limits">[layers][ranks] the most load of a rank.</param>
    public static ChainProblem Crossing(PlacementProblem problem, long[][] limits) =>
        Of(problem, limits, [.. Enumerable.Range(0, problem.Counts.Layers - 1).Select(l => ToInt(problem.Counts.Transitions(l)))], null);

    /// <summary>The chain whose kept weight stands for copies saved, pair by pair.</summary>
    /// <param name="problem">A problem with tokens.</param>
    /// <param name="limits">[layers][ranks] the most load of a rank.</param>
    /// <param name="pairs">What pairs of experts save.</param>
    public static ChainProblem Copies(PlacementProblem problem, long[][] limits, CopySavings pairs) =>
        Of(problem, limits, pairs.Across, pairs.Within);

    private static ChainProblem Of(PlacementProblem problem, long[][] limits, int[][] transitions, int[][]? together)
    {
        var (counts, cluster) = (problem.Counts, problem.Cluster);
        return new ChainProblem
        {
            Layers = counts.Layers,
            Experts = counts.Experts,
            CapacityOf = [.. problem.SlotsOf],
            Transitions = transitions,
            Together = together,
            Load = [.. Enumerable.Range(0, counts.Layers).Select(l => counts.Load(l).ToArray())],
            LoadLimit = limits,
            NodeOf = [.. Enumerable.Range(0, cluster.Ranks).Select(r => r / cluster.RanksPerNode)],
            RankWeight = Unit,
            NodeWeight = (int)Math.Min(Math.Round(Unit * cluster.NodeCrossingWeight), MostNodeWeight),
        };
    }

    /// <summary>The tables of the search are 32 bits wide, and hold what flows into an expert and out of it.</summary>
    private static int[] ToInt(ReadOnlySpan<long> counts)
    {
        var result = new int[counts.Length];
        var sum = 0L;
        for (var i = 0; i < result.Length; i++)
        {
            sum += counts[i];
            if (counts[i] > int.MaxValue / 4 || sum > int.MaxValue / 4)
                throw new InputException("place", "trace", sum, $"at most {int.MaxValue / 4} tokens with a top-1 in two adjacent layers");
            result[i] = (int)counts[i];
        }
        return result;
    }
}
