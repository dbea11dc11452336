using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Placement;

/// <summary>A placement and how it was found.</summary>
/// <param name="Placement">The map.</param>
/// <param name="Summary">Objective, bound, why the search ended.</param>
/// <param name="Seconds">Wall-clock seconds of the search; not part of the result proper.</param>
public sealed record PlacementSolution(ExpertPlacement Placement, SolveSummary Summary, double Seconds)
{
    /// <summary>Best objective and bound over the time of the search, by rising seconds; empty where none was kept, never default.</summary>
    public ImmutableArray<SolvePoint> Trajectory { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>
    /// Gain against bytes moved from the placement in force, within the budget: bytes rise, objectives fall; empty without one.
    /// </summary>
    public ImmutableArray<MigrationPoint> MigrationCurve { get; init; } = [];
}
