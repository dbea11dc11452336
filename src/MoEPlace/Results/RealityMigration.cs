using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>Steps while experts moved, beside steps of the same run without.</summary>
/// <param name="Link">The name of the link.</param>
/// <param name="ExpertsMoved">Experts that travelled, over all layers.</param>
/// <param name="Experts">All experts, over all layers.</param>
/// <param name="BytesMoved">Weights that travelled.</param>
/// <param name="BytesPerStep">The budget of a step, over all ranks.</param>
/// <param name="LinkBytesPerSecond">What exchanges reach over the link, one direction, as <c>calibrate</c> measured it.</param>
/// <param name="StepSeconds">Every step, in order.</param>
/// <param name="Moving">[steps] whether weights travelled beside it.</param>
/// <param name="Epoch">[steps] the epoch that it ran on.</param>
public sealed record RealityMigration(
    string Link,
    int ExpertsMoved,
    int Experts,
    long BytesMoved,
    long BytesPerStep,
    double LinkBytesPerSecond,
    ImmutableArray<double> StepSeconds,
    ImmutableArray<bool> Moving,
    ImmutableArray<int> Epoch);
