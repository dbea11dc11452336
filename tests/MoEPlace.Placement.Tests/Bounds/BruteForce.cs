using MoEPlace.Evaluation;
using MoEPlace.Placement.Tests.Affinity;

namespace MoEPlace.Placement.Tests.Bounds;

/// <summary>The least objective of any placement without replicas, by trying all of them and asking the judge.</summary>
internal static class BruteForce
{
    /// <summary>Null when no placement holds the limits.</summary>
    public static double? Least(PlacementProblem problem, long[] limits)
    {
        var (layers, n) = (problem.Model.Layers, problem.Model.Experts);
        var divisions = RandomChain.LayerDivisions(n, problem.Cluster.Ranks);
        var perLayer = limits.Select((limit, l) => divisions.Where(d => Heaviest(problem, l, d) <= limit).ToList()).ToList();
        double? least = null;
        Try(0, new int[layers * n]);
        return least;

        void Try(int layer, int[] rankOf)
        {
            if (layer == layers)
            {
                var value = Objective(problem, rankOf);
                least = least is null ? value : Math.Min(least.Value, value);
                return;
            }
            foreach (var division in perLayer[layer])
            {
                division.CopyTo(rankOf, layer * n);
                Try(layer + 1, rankOf);
            }
        }
    }

    public static double Objective(PlacementProblem problem, int[] rankOf)
    {
        if (problem.Objective == PlacementObjective.Crossing)
            return CrossingCount.Objective(problem.Counts, rankOf, problem.Cluster);
        var placement = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, rankOf, PlacementSamples.Provenance);
        var measures = PlacementCost.Evaluate(problem.Slice!, placement, problem.Cluster, problem.Conditions).Measures;
        var cells = (double)measures.Tokens * problem.Model.Layers;
        return problem.Objective == PlacementObjective.Step
            ? measures.StepSeconds!.Value
            : Math.Round(measures.RankCopiesPerTokenLayer!.Value * cells)
                + problem.Cluster.NodeCrossingWeight * Math.Round(measures.NodeCopiesPerTokenLayer!.Value * cells);
    }

    private static long Heaviest(PlacementProblem problem, int layer, int[] division)
    {
        var load = new long[problem.Cluster.Ranks];
        for (var e = 0; e < division.Length; e++)
            load[division[e]] += problem.Counts.Load(layer)[e];
        return load.Max();
    }
}
