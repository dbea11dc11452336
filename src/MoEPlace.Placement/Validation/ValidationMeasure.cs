using MoEPlace.Results;

namespace MoEPlace.Placement.Validation;

/// <summary>The measure that stands for an objective.</summary>
/// <param name="Key">Its key in results.</param>
public sealed record ValidationMeasure(string Key)
{
    /// <summary>The measure of the objective that a solution states; for one that is blind to traffic, the imbalance.</summary>
    /// <param name="objectiveName">crossing, copies or step; anything else stands for a load balancer's.</param>
    public static ValidationMeasure For(string objectiveName) => new(objectiveName switch
    {
        "crossing" => "gpuCrossingFraction",
        "copies" => "rankCopiesPerTokenLayer",
        "step" => "stepSeconds",
        _ => "imbalanceMean",
    });

    /// <summary>Its value; 0 where it cannot be told, because nothing that it counts happens in these tokens.</summary>
    internal double Of(PlacementMeasures measures) => Key switch
    {
        "gpuCrossingFraction" => measures.GpuCrossingFraction,
        "rankCopiesPerTokenLayer" => measures.RankCopiesPerTokenLayer,
        "stepSeconds" => measures.StepSeconds,
        _ => measures.ImbalanceMean,
    } ?? 0;
}
