using MoEPlace.Traces;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Places the experts of a variant by its policy.</summary>
/// <param name="variant">Policy, cluster, lost ranks, seed.</param>
/// <param name="solvedOn">The tokens that may be learned from.</param>
/// <param name="cancellation">Ends it.</param>
/// <returns>A placement with nothing on ranks that are lost.</returns>
/// <exception cref="InputException">The policy cannot place this.</exception>
public delegate ExpertPlacement PlacementSource(ScenarioVariant variant, TraceSlice solvedOn, CancellationToken cancellation);
