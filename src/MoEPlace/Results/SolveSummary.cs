using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>How a placement was solved.</summary>
/// <param name="Status">optimal, feasible or limit.</param>
/// <param name="ObjectiveName">crossing, copies or step; imbalance where a policy has no search.</param>
/// <param name="Objective">Its value on the split that was solved on.</param>
/// <param name="Bound">No placement gets below this; null when none is known.</param>
/// <param name="Gap">(objective - bound) / objective; null without a bound.</param>
/// <param name="Iterations">Rounds of the search.</param>
/// <param name="StopReason">Why the search ended.</param>
/// <param name="RelaxedLayers">Layers whose best possible load exceeds the limit and that are held to that best instead.</param>
public sealed record SolveSummary(
    SolveStatus Status,
    string ObjectiveName,
    double Objective,
    double? Bound,
    double? Gap,
    long Iterations,
    string StopReason,
    ImmutableArray<int> RelaxedLayers);
