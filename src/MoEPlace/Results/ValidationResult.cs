using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>Whether the gain of a placement survives traffic that it was not solved on.</summary>
/// <param name="Policy">The policy that solved every placement here.</param>
/// <param name="Measure">What is compared: the key of a measure, for example <c>gpuCrossingFraction</c>; the lowest is the best.</param>
/// <param name="Solves">Placements that were solved.</param>
/// <param name="SecondsPerSolve">The time limit that each of them had, the shortest; null under an iteration limit alone.</param>
/// <param name="Folds">Cross-validation by sequence; null when left out.</param>
/// <param name="Domains">A case per domain, solved on all others; empty when left out.</param>
/// <param name="Phases">Prefill and decode, each judged under the placement of the other; empty when left out.</param>
/// <param name="Drift">The training part's placement in windows of the test part; null when left out.</param>
/// <param name="Learning">How the gain grows with the tokens that are solved on; null when left out.</param>
/// <param name="LeftOut">The parts that this recording cannot give, each with the reason.</param>
/// <param name="Warnings">Where a gain does not hold, as sentences; empty when it holds everywhere.</param>
public sealed record ValidationResult(
    string Policy,
    string Measure,
    int Solves,
    double? SecondsPerSolve,
    ValidationFolds? Folds,
    ImmutableArray<ValidationCase> Domains,
    ImmutableArray<ValidationCase> Phases,
    ValidationDrift? Drift,
    LearningCurve? Learning,
    ImmutableArray<string> LeftOut,
    ImmutableArray<string> Warnings)
{
    /// <summary>The share of the baseline that is saved: 1 - measure / baseline; 0 where the baseline is 0.</summary>
    public static double Gain(double measure, double baseline) => baseline > 0 ? 1 - measure / baseline : 0;
}
