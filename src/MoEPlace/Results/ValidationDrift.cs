using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>How placements fare over the tokens of the test part, window after window in file order.</summary>
/// <param name="Training">The measure of the training part's placement on the training part.</param>
/// <param name="TrainingContiguous">The same for contiguous placement.</param>
/// <param name="EarlyShare">The share of the training part, from its beginning, that the early placement was solved on.</param>
/// <param name="Windows">In file order, one or more.</param>
public sealed record ValidationDrift(
    double Training, double TrainingContiguous, double EarlyShare, ImmutableArray<ValidationWindow> Windows)
{
    /// <summary>The gain over contiguous placement on the training part.</summary>
    public double TrainingGain => ValidationResult.Gain(Training, TrainingContiguous);
}
