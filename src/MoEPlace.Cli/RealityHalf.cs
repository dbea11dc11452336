using System.Collections.Immutable;
using MoEPlace.Executor.Running;

namespace MoEPlace.Cli;

/// <summary>One of the two runs of a setting.</summary>
/// <param name="Steps">The steps that count, on the clock of the ranks.</param>
/// <param name="Simulated">The same steps: seconds, and those of every phase.</param>
/// <param name="LinkBytes">Payload that the ranks counted on its way to other nodes.</param>
/// <param name="EvaluatedBytes">What <c>evaluate</c> says of the same tokens.</param>
/// <param name="AdapterBytes">What the adapters of the nodes sent; null where there are none to ask.</param>
internal sealed record RealityHalf(
    ImmutableArray<TimedStep> Steps,
    ImmutableArray<(double Seconds, ImmutableDictionary<string, double> Phases)> Simulated,
    long LinkBytes,
    long EvaluatedBytes,
    long? AdapterBytes);
