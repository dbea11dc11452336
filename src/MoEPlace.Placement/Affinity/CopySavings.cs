using MoEPlace.Traces;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// What pairs of experts save in copies when they share a rank. Home: a token reaches |R| ranks and comes back from them, so two of its
/// experts on one rank save 2. Coherent: |R \ {r(l-1)}| to dispatch and |R \ {r(l)}| to combine come to 2 |R| - 1 - [r(l-1) in R], so
/// the same pairs save 2, and an expert on the rank of the top-1 before saves 1. Three experts on one rank save 4 where their pairs
/// say 6: the search is led by pairs, its result is judged by the tokens.
/// </summary>
internal sealed class CopySavings
{
    private CopySavings(int[][] within, int[][] across) => (Within, Across) = (within, across);

    /// <summary>[layers][experts, experts] symmetric.</summary>
    public int[][] Within { get; }

    /// <summary>[layers - 1][experts, experts] from the top-1 of a layer to any choice of the next; all 0 under home.</summary>
    public int[][] Across { get; }

    /// <summary>Counts the slice of a problem.</summary>
    public static CopySavings Of(PlacementProblem problem)
    {
        var (slice, counts) = (problem.Slice!, problem.Counts);
        var (layers, n, topK) = (counts.Layers, counts.Experts, slice.Trace.TopK);
        var within = new int[layers][];
        for (var layer = 0; layer < layers; layer++)
        {
            within[layer] = new int[n * n];
            var pairs = counts.Coactivation(layer);
            for (var i = 0; i < pairs.Length; i++)
                within[layer][i] = (int)Math.Min(int.MaxValue, 2 * pairs[i]);
        }
        var across = new int[layers - 1][];
        for (var layer = 0; layer < across.Length; layer++)
            across[layer] = new int[n * n];
        if (problem.Conditions.RunsCoherent)
            foreach (var block in slice.Blocks())
                for (var cell = 0; cell < block.Count * layers; cell++)
                    if (cell % layers < layers - 1 && block.TopOne[cell] != RoutingTrace.NoExpert)
                        foreach (var choice in block.Experts.AsSpan((cell + 1) * topK, topK))
                            if (choice != RoutingTrace.NoExpert)
                                across[cell % layers][block.TopOne[cell] * n + choice]++;
        return new CopySavings(within, across);
    }
}
