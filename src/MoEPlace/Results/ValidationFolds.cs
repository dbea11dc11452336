using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>Cross-validation: every sequence is held out once. Means are over folds, deviations those of a sample (n - 1).</summary>
/// <param name="Cases">The folds, two or more.</param>
/// <param name="TrainingMean">The measure on the tokens that were solved on.</param>
/// <param name="HeldOutMean">The measure on the others.</param>
/// <param name="HeldOutDeviation">Its standard deviation.</param>
/// <param name="ContiguousMean">The measure of contiguous placement on the same tokens.</param>
/// <param name="TrainingGainMean">The gain over contiguous placement on the tokens that were solved on.</param>
/// <param name="HeldOutGainMean">The gain on the others.</param>
/// <param name="HeldOutGainDeviation">Its standard deviation.</param>
public sealed record ValidationFolds(
    ImmutableArray<ValidationCase> Cases,
    double TrainingMean,
    double HeldOutMean,
    double HeldOutDeviation,
    double ContiguousMean,
    double TrainingGainMean,
    double HeldOutGainMean,
    double HeldOutGainDeviation)
{
    /// <summary>Sums up folds, two or more.</summary>
    public static ValidationFolds Of(ImmutableArray<ValidationCase> cases)
    {
        var heldOut = Spread([.. cases.Select(c => c.HeldOut)]);
        var gain = Spread([.. cases.Select(c => c.HeldOutGain)]);
        return new ValidationFolds(
            cases, cases.Average(c => c.Training), heldOut.Mean, heldOut.Deviation, cases.Average(c => c.HeldOutContiguous),
            cases.Average(c => c.TrainingGain), gain.Mean, gain.Deviation);
    }

    private static (double Mean, double Deviation) Spread(double[] values)
    {
        var mean = values.Average();
        return (mean, Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1)));
    }
}
