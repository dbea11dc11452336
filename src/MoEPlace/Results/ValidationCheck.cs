using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>The one place that says what a valid validation is.</summary>
internal static class ValidationCheck
{
    /// <summary>The measures that can be compared.</summary>
    internal static readonly string[] Measures = ["gpuCrossingFraction", "rankCopiesPerTokenLayer", "stepSeconds", "imbalanceMean"];

    /// <summary>Notes every breach: lists that are missing, names that are blank, measures that are negative or not finite.</summary>
    /// <param name="validation">What to check; strings and lists may be missing here, as files can say anything.</param>
    /// <param name="faults">Where to note it.</param>
    internal static void Check(ValidationResult validation, InputFaults faults)
    {
        const string Field = "validation";
        faults.Require(Measures.Contains(validation.Measure), $"{Field}.measure", validation.Measure, string.Join(" or ", Measures));
        faults.Require(validation.Solves >= 1, $"{Field}.solves", validation.Solves, "1 or more");
        NotNegative($"{Field}.secondsPerSolve", validation.SecondsPerSolve ?? 0, faults);
        if (validation.Folds is { } folds)
            CheckFolds(folds, $"{Field}.folds", faults);
        CheckCases(validation.Domains, $"{Field}.domains", 0, faults);
        CheckCases(validation.Phases, $"{Field}.phases", 0, faults);
        if (validation.Drift is { } drift)
            CheckDrift(drift, $"{Field}.drift", faults);
        if (validation.Learning is { } learning)
            CheckLearning(learning, $"{Field}.learning", faults);
        CheckTexts(validation.LeftOut, $"{Field}.leftOut", faults);
        CheckTexts(validation.Warnings, $"{Field}.warnings", faults);
    }

    private static void CheckFolds(ValidationFolds folds, string field, InputFaults faults)
    {
        CheckCases(folds.Cases, $"{field}.cases", 2, faults);
        NotNegative($"{field}.trainingMean", folds.TrainingMean, faults);
        NotNegative($"{field}.heldOutMean", folds.HeldOutMean, faults);
        NotNegative($"{field}.heldOutDeviation", folds.HeldOutDeviation, faults);
        NotNegative($"{field}.contiguousMean", folds.ContiguousMean, faults);
        Gain($"{field}.trainingGainMean", folds.TrainingGainMean, faults);
        Gain($"{field}.heldOutGainMean", folds.HeldOutGainMean, faults);
        NotNegative($"{field}.heldOutGainDeviation", folds.HeldOutGainDeviation, faults);
    }

    private static void CheckCases(ImmutableArray<ValidationCase> cases, string field, int least, InputFaults faults)
    {
        if (!Listed(cases, field, least, faults))
            return;
        for (var i = 0; i < cases.Length; i++)
        {
            var at = $"{field}[{i}]";
            if (!faults.Require(cases[i] is not null, at, null, "a case"))
                continue;
            var one = cases[i];
            faults.Require(!string.IsNullOrWhiteSpace(one.Name), $"{at}.name", one.Name, "a name");
            Positive($"{at}.solvedTokens", one.SolvedTokens, faults);
            Positive($"{at}.heldOutTokens", one.HeldOutTokens, faults);
            NotNegative($"{at}.training", one.Training, faults);
            NotNegative($"{at}.trainingContiguous", one.TrainingContiguous, faults);
            NotNegative($"{at}.heldOut", one.HeldOut, faults);
            NotNegative($"{at}.heldOutContiguous", one.HeldOutContiguous, faults);
            NotNegative($"{at}.trainingImbalance", one.TrainingImbalance, faults);
            NotNegative($"{at}.heldOutImbalance", one.HeldOutImbalance, faults);
            NotNegative($"{at}.heldOutContiguousImbalance", one.HeldOutContiguousImbalance, faults);
            NotNegative($"{at}.specialised", one.Specialised ?? 0, faults);
        }
    }

    private static void CheckDrift(ValidationDrift drift, string field, InputFaults faults)
    {
        NotNegative($"{field}.training", drift.Training, faults);
        NotNegative($"{field}.trainingContiguous", drift.TrainingContiguous, faults);
        faults.Require(drift.EarlyShare is > 0 and <= 1, $"{field}.earlyShare", drift.EarlyShare, "above 0, at most 1");
        if (!Listed(drift.Windows, $"{field}.windows", 1, faults))
            return;
        for (var i = 0; i < drift.Windows.Length; i++)
        {
            var at = $"{field}.windows[{i}]";
            if (!faults.Require(drift.Windows[i] is not null, at, null, "a window"))
                continue;
            var one = drift.Windows[i];
            faults.Require(one.FirstRow >= 0, $"{at}.firstRow", one.FirstRow, "0 or more");
            Positive($"{at}.tokens", one.Tokens, faults);
            NotNegative($"{at}.measure", one.Measure, faults);
            NotNegative($"{at}.early", one.Early, faults);
            NotNegative($"{at}.contiguous", one.Contiguous, faults);
        }
    }

    private static void CheckLearning(LearningCurve curve, string field, InputFaults faults)
    {
        Positive($"{field}.testTokens", curve.TestTokens, faults);
        NotNegative($"{field}.contiguous", curve.Contiguous, faults);
        Positive($"{field}.enoughTokens", curve.EnoughTokens ?? 1, faults);
        if (!Listed(curve.Points, $"{field}.points", 2, faults))
            return;
        for (var i = 0; i < curve.Points.Length; i++)
        {
            var at = $"{field}.points[{i}]";
            if (!faults.Require(curve.Points[i] is not null, at, null, "a point"))
                continue;
            var one = curve.Points[i];
            Positive($"{at}.sequences", one.Sequences, faults);
            Positive($"{at}.tokens", one.Tokens, faults);
            NotNegative($"{at}.training", one.Training, faults);
            NotNegative($"{at}.test", one.Test, faults);
        }
    }

    private static void CheckTexts(ImmutableArray<string> texts, string field, InputFaults faults)
    {
        if (!Listed(texts, field, 0, faults))
            return;
        for (var i = 0; i < texts.Length; i++)
            faults.Require(!string.IsNullOrWhiteSpace(texts[i]), $"{field}[{i}]", texts[i], "a sentence");
    }

    private static bool Listed<T>(ImmutableArray<T> values, string field, int least, InputFaults faults) =>
        faults.Require(!values.IsDefault && values.Length >= least, field, values.IsDefault ? null : values.Length,
            least == 0 ? "a list" : $"{least} or more entries");

    private static void Positive(string field, long value, InputFaults faults) => faults.Require(value >= 1, field, value, "1 or more");

    private static void Gain(string field, double value, InputFaults faults) =>
        faults.Require(double.IsFinite(value) && value <= 1, field, value, "1 or less");

    private static void NotNegative(string field, double value, InputFaults faults) =>
        faults.Require(value is >= 0 and <= double.MaxValue, field, value, "0 or more");
}
