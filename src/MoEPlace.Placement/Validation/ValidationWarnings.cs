using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Placement.Validation;

/// <summary>
/// Says where a gain does not hold: less than half of the gain on the tokens that were solved on is left on the others. Gains below 2 %
/// are no gains that could vanish.
/// </summary>
internal static class ValidationWarnings
{
    private const double LeastGain = 0.02;
    private const double LeastKept = 0.5;
    private const double ShortSearch = 1.05;

    /// <summary>The warnings of a result, as sentences without a full stop.</summary>
    /// <param name="result">The result.</param>
    /// <param name="maxImbalance">The load limit that everything was solved under; null for none.</param>
    internal static ImmutableArray<string> Of(ValidationResult result, double? maxImbalance)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        AddShortSearch(warnings, result, maxImbalance);
        if (result.Folds is { TrainingGainMean: < LeastGain } none)
            warnings.Add($"there is no gain that could hold: on the tokens that it was solved on, contiguous placement is bettered by {Percent(none.TrainingGainMean, 1)}");
        if (result.Folds is { } folds && Vanishes(folds.TrainingGainMean, folds.HeldOutGainMean))
            warnings.Add($"the gain over contiguous placement {Falls(folds.TrainingGainMean, folds.HeldOutGainMean)} "
                + $"on sequences that were not solved on (mean of {folds.Cases.Length} folds): the recording is too short for this model");
        foreach (var domain in result.Domains.Where(d => Vanishes(d.TrainingGain, d.HeldOutGain)))
            warnings.Add($"the gain over contiguous placement {Falls(domain.TrainingGain, domain.HeldOutGain, "the other domains")} "
                + $"on domain {domain.Name} ({Count(domain.HeldOutTokens)} tokens){Own(domain)}: record it before it is served");
        foreach (var phase in result.Phases.Where(p => Vanishes(p.TrainingGain, p.HeldOutGain)))
            warnings.Add($"the gain over contiguous placement {Falls(phase.TrainingGain, phase.HeldOutGain, Other(phase))} "
                + $"on {phase.Name}{Own(phase)}: place the two phases apart, or on both together");
        if (maxImbalance is { } limit)
            AddLoad(warnings, result, limit);
        if (result.Drift is { } drift)
            AddDrift(warnings, drift);
        if (result.Learning is { EnoughTokens: null } learning)
            AddLearning(warnings, learning);
        return warnings.ToImmutable();
    }

    /// <summary>A search that fits few tokens worse than many are, or its own worse than one that has not seen them, was cut short.</summary>
    private static void AddShortSearch(ImmutableArray<string>.Builder warnings, ValidationResult result, double? maxImbalance)
    {
        if (result.SecondsPerSolve is not { } seconds)
            return;
        // One that breaks the load limit on these tokens is not comparable with one that holds it.
        var worse = result.Domains.Concat(result.Phases)
            .Count(c => c.Specialised > c.HeldOut && (maxImbalance is null || c.HeldOutImbalance <= maxImbalance));
        var unfit = result.Learning?.Points.Count(p => p.Training > ShortSearch * result.Learning.Points[^1].Training) ?? 0;
        if (worse + unfit > 0)
            warnings.Add($"{worse + unfit} of {result.Solves} searches of {seconds.ToString("G2", CultureInfo.InvariantCulture)} s each "
                + "were too short to fit the tokens that they were given, so figures here are uncertain: give a longer --time-limit");
    }

    private static void AddLoad(ImmutableArray<string>.Builder warnings, ValidationResult result, double limit)
    {
        ValidationCase[] tried = [.. result.Domains, .. result.Phases];
        ValidationCase[] uneven = [.. tried.Where(c => c.HeldOutImbalance >= c.HeldOutContiguousImbalance)];
        if (uneven.Length == 0)
            return;
        var worst = uneven.MaxBy(c => c.HeldOutImbalance)!;
        warnings.Add($"the load limit of {Ratio(limit)} does not help on {uneven.Length} of {tried.Length} parts that were held out: on "
            + $"{worst.Name} the busiest rank carries {Ratio(worst.HeldOutImbalance)} times the mean (over layers), "
            + $"under contiguous placement {Ratio(worst.HeldOutContiguousImbalance)}");
    }

    private static void AddDrift(ImmutableArray<string>.Builder warnings, ValidationDrift drift)
    {
        var fallen = drift.Windows.Where(w => Vanishes(drift.TrainingGain, w.Gain)).ToArray();
        if (fallen.Length > 0)
        {
            var worst = fallen.MinBy(w => w.Gain)!;
            warnings.Add($"in {fallen.Length} of {drift.Windows.Length} windows of the test part less than half of the gain of "
                + $"{Percent(drift.TrainingGain)} over contiguous placement is left: {Percent(worst.Gain)} in the one from row "
                + $"{Count(worst.FirstRow)} on");
        }
        var (gain, early) = (drift.Windows.Average(w => w.Gain), drift.Windows.Average(w => w.EarlyGain));
        if (Vanishes(gain, early))
            warnings.Add($"a placement of the first {Percent(drift.EarlyShare)} of the training part gains {Percent(early)} over the "
                + $"windows of the test part, one of all of it {Percent(gain)}: traffic changes along the recording, so place again when it does");
    }

    private static void AddLearning(ImmutableArray<string>.Builder warnings, LearningCurve curve)
    {
        var (before, whole) = (curve.Points[^2], curve.Points[^1]);
        var (gained, gain) = (ValidationResult.Gain(before.Test, curve.Contiguous), ValidationResult.Gain(whole.Test, curve.Contiguous));
        if (gain >= LeastGain)
            warnings.Add($"only all {Count(whole.Tokens)} tokens of the training part give the whole gain of {Percent(gain, 1)} on the "
                + $"test part, {Count(before.Tokens)} give {Percent(gained, 1)}: a longer recording may give more");
    }

    private static bool Vanishes(double training, double heldOut) => training >= LeastGain && heldOut < LeastKept * training;

    private static string Falls(double from, double to, string on = "the tokens that were solved on") => to >= 0
        ? $"falls from {Percent(from)} on {on} to {Percent(to)}"
        : $"of {Percent(from)} on {on} turns into a loss of {Percent(-to)}";

    private static string Own(ValidationCase held) =>
        held.SpecialisedGain is { } own ? $", where a placement of its own gains {Percent(own)}" : "";

    private static string Other(ValidationCase phase) => phase.Name == "prefill" ? "decode" : "prefill";

    private static string Percent(double share, int decimals = 0) =>
        (share * 100).ToString($"F{decimals}", CultureInfo.InvariantCulture) + " %";

    private static string Ratio(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
