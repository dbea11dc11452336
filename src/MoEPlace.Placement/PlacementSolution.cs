using MoEPlace.Results;

namespace MoEPlace.Placement;

/// <summary>A placement and how it was found.</summary>
/// <param name="Placement">The map.</param>
/// <param name="Summary">Objective, bound, why the search ended.</param>
/// <param name="Seconds">Wall-clock seconds of the search; not part of the result proper.</param>
public sealed record PlacementSolution(ExpertPlacement Placement, SolveSummary Summary, double Seconds);
