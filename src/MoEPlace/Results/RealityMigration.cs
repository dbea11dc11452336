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
    ImmutableArray<int> Epoch)
{
    /// <summary>How much longer than without a step may take beside its bytes.</summary>
    public const double AllowedFactor = 1.2;

    /// <summary>The 95th percentile, by nearest rank, of the steps with or without weights beside them; 0 where there are none.</summary>
    public double StepSecondsP95(bool moving)
    {
        double[] seconds = [.. StepSeconds.Where((_, i) => Moving[i] == moving).Order()];
        return seconds.Length == 0 ? 0 : seconds[(int)Math.Ceiling(0.95 * seconds.Length) - 1];
    }

    /// <summary>What the 95th percentile while experts move may be: 1.2 times that without, and the budget of a step over the link.</summary>
    public double AllowedSeconds() => AllowedFactor * StepSecondsP95(moving: false) + BytesPerStep / LinkBytesPerSecond;
}
