using MoEPlace.Evaluation;

namespace MoEPlace.Placement.Copies;

/// <summary>The objectives copies and crossing as the judge counts them on the tokens that are solved on.</summary>
internal static class JudgedObjective
{
    /// <summary>Copies (or crossings) between ranks, plus <see cref="Cluster.NodeCrossingWeight"/> times those between nodes.</summary>
    public static double Of(PlacementProblem problem, CopyMeasure measure, ExpertPlacement placement)
    {
        var measures = PlacementCost.Evaluate(problem.Slice!, placement, problem.Cluster, problem.Conditions).Measures;
        if (measure != CopyMeasure.Crossing)
            return Count(problem, measures.RankCopiesPerTokenLayer, measures.NodeCopiesPerTokenLayer, (double)measures.Tokens * problem.Model.Layers);
        var pairs = 0.0;
        for (var layer = 0; layer + 1 < problem.Model.Layers; layer++)
            foreach (var transitions in problem.Counts.Transitions(layer))
                pairs += transitions;
        return Count(problem, measures.GpuCrossingFraction, measures.NodeCrossingFraction, pairs);
    }

    /// <summary>The judge tells means; what they are means of are whole numbers.</summary>
    private static double Count(PlacementProblem problem, double? ofRanks, double? ofNodes, double of) =>
        Math.Round((ofRanks ?? 0) * of) + problem.Cluster.NodeCrossingWeight * Math.Round((ofNodes ?? 0) * of);
}
