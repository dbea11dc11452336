using MoEPlace.Results;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Simulates the steps of one variant.</summary>
/// <param name="setting">Everything that they follow from.</param>
/// <param name="name">Of the variant.</param>
/// <param name="description">What differs, in words.</param>
/// <param name="placement">The policy of the placement, or its file.</param>
/// <param name="cancellation">Ends it.</param>
public delegate SimulatedVariant StepRunner(
    StepSetting setting, string name, string description, string placement, CancellationToken cancellation);
