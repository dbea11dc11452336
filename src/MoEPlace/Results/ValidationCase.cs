namespace MoEPlace.Results;

/// <summary>A placement that was solved on some tokens and judged on others.</summary>
/// <param name="Name">What it is judged on: a fold, a domain, a phase.</param>
/// <param name="SolvedTokens">Tokens that it was solved on.</param>
/// <param name="Training">The measure on those.</param>
/// <param name="TrainingContiguous">The same for contiguous placement.</param>
/// <param name="HeldOutTokens">Tokens that it was judged on, none of them among those that it was solved on.</param>
/// <param name="HeldOut">The measure on those.</param>
/// <param name="HeldOutContiguous">The same for contiguous placement.</param>
/// <param name="TrainingImbalance">Busiest rank over mean on the tokens that it was solved on, mean over layers; 1 is even.</param>
/// <param name="HeldOutImbalance">The same on the others.</param>
/// <param name="HeldOutContiguousImbalance">The same for contiguous placement.</param>
/// <param name="Specialised">
/// The measure, on the same tokens, of a placement that was solved on them, and held to the load limit on them: what a placement for them
/// alone gives; null when none was solved.
/// </param>
public sealed record ValidationCase(
    string Name,
    long SolvedTokens,
    double Training,
    double TrainingContiguous,
    long HeldOutTokens,
    double HeldOut,
    double HeldOutContiguous,
    double TrainingImbalance,
    double HeldOutImbalance,
    double HeldOutContiguousImbalance,
    double? Specialised = null)
{
    /// <summary>The gain over contiguous placement on the tokens that were solved on, 1 at most.</summary>
    public double TrainingGain => ValidationResult.Gain(Training, TrainingContiguous);

    /// <summary>The gain over contiguous placement on the others; below 0 where it does harm.</summary>
    public double HeldOutGain => ValidationResult.Gain(HeldOut, HeldOutContiguous);

    /// <summary>The gain of the placement that was solved on the others.</summary>
    public double? SpecialisedGain => Specialised is { } own ? ValidationResult.Gain(own, HeldOutContiguous) : null;
}
