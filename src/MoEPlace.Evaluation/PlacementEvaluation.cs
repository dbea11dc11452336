using MoEPlace.Results;

namespace MoEPlace.Evaluation;

/// <summary>What a placement was judged to be.</summary>
/// <param name="Measures">The measures, over all layers.</param>
/// <param name="Detail">The same layer by layer.</param>
/// <param name="Step">Where the time of a step goes; null without the model's dimensions.</param>
public sealed record PlacementEvaluation(PlacementMeasures Measures, PlacementDetail Detail, StepBreakdown? Step);
