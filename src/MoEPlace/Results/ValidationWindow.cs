namespace MoEPlace.Results;

/// <summary>Some consecutive tokens of the test part.</summary>
/// <param name="FirstRow">The row of the trace that the first of them stands in.</param>
/// <param name="Tokens">How many.</param>
/// <param name="Measure">Of the placement that was solved on the whole training part.</param>
/// <param name="Early">Of the placement that was solved on the beginning of the training part alone.</param>
/// <param name="Contiguous">Of contiguous placement.</param>
public sealed record ValidationWindow(long FirstRow, long Tokens, double Measure, double Early, double Contiguous)
{
    /// <summary>The gain over contiguous placement.</summary>
    public double Gain => ValidationResult.Gain(Measure, Contiguous);

    /// <summary>That of the early placement.</summary>
    public double EarlyGain => ValidationResult.Gain(Early, Contiguous);
}
