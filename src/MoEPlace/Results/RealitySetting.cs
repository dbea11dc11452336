using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>One link, batch and placement: what was measured, and what was simulated with the cluster of its link.</summary>
/// <param name="Link">The name of the link.</param>
/// <param name="Placement">The name of the placement.</param>
/// <param name="TokensPerStep">Tokens of a decode step over all ranks.</param>
/// <param name="Steps">Steps that were measured, after warm-up.</param>
/// <param name="MeasuredSeconds">The median step.</param>
/// <param name="MeasuredP10">A tenth of the steps took less.</param>
/// <param name="MeasuredP90">A tenth took more.</param>
/// <param name="SimulatedSeconds">The median simulated step of the same tokens.</param>
/// <param name="MeasuredLinkBytes">Payload that the ranks counted on its way to other nodes, over all tokens that ran.</param>
/// <param name="EvaluatedLinkBytes">What <c>evaluate</c> says of the same tokens.</param>
/// <param name="AdapterBytes">What the adapters of the nodes counted, headers and all; null where there are none to ask.</param>
/// <param name="Phases">By phase, in the order of a layer.</param>
public sealed record RealitySetting(
    string Link,
    string Placement,
    int TokensPerStep,
    int Steps,
    double MeasuredSeconds,
    double MeasuredP10,
    double MeasuredP90,
    double SimulatedSeconds,
    long MeasuredLinkBytes,
    long EvaluatedLinkBytes,
    long? AdapterBytes,
    ImmutableArray<RealityPhase> Phases)
{
    /// <summary>Simulated over measured, minus 1.</summary>
    public double Error() => SimulatedSeconds / MeasuredSeconds - 1;
}
