using System.Globalization;
using System.Text;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>What a validation shows, as sentences computed from the numbers.</summary>
internal static class ValidationFindings
{
    /// <summary>What stands on the page above the figures: warnings, and what could not be tried.</summary>
    internal static string Notes(ReportSection section)
    {
        if (section.Result.Validation is not { } validation)
            return "";
        var html = new StringBuilder();
        foreach (var warning in validation.Warnings)
            html.Append("<p class=\"warning\"><strong>Warning:</strong> ").Append(PlainText.Html(warning)).Append(".</p>\n");
        if (validation.Warnings.Length == 0)
            html.Append("<p class=\"note\">Validated: the gain holds wherever it was tried.</p>\n");
        if (validation.LeftOut.Length > 0)
            html.Append("<p class=\"note\">Not validated: ")
                .Append(PlainText.Html(string.Join("; ", validation.LeftOut))).Append(".</p>\n");
        return html.ToString();
    }

    /// <summary>Tokens that were held out.</summary>
    internal static string HeldOut(ValidationResult validation)
    {
        var parts = new List<string>();
        if (validation.Folds is { } folds)
        {
            var told = Findings.Percents(folds.HeldOutGainMean, folds.TrainingGainMean);
            parts.Add($"on sequences that it has not seen {Policy(validation)} saves {told[0]} of contiguous placement’s "
                + $"{Title(validation)}, {told[1]} on those that it has");
        }
        if (validation.Domains.Concat(validation.Phases).MinBy(c => c.HeldOutGain) is { } worst)
        {
            var told = Findings.Percents(worst.HeldOutGain, worst.TrainingGain);
            parts.Add(parts.Count > 0 ? $"on {Name(worst)}, unseen, {told[0]}"
                : $"on {Name(worst)}, unseen, {Policy(validation)} saves {told[0]} of contiguous placement’s {Title(validation)}, "
                    + $"{told[1]} on what it has seen");
        }
        return Sentence(string.Join("; ", parts));
    }

    /// <summary>Windows of the test part.</summary>
    internal static string Drift(ValidationDrift drift)
    {
        var (gains, early) = (drift.Windows.Select(w => w.Gain).ToArray(), drift.Windows.Select(w => w.EarlyGain).ToArray());
        var told = Findings.Percents(gains.Min(), gains.Max(), early.Min(), early.Max());
        var share = Quantity.Percent(drift.EarlyShare, 0);
        return drift.Windows.Length == 1
            ? $"The gain over contiguous placement on unseen tokens is {told[0]}, {told[2]} when solved on the first {share} alone"
            : $"Window after window the gain over contiguous placement is {told[0]} to {told[1]}; "
                + $"solved on the first {share} alone, {told[2]} to {told[3]}";
    }

    /// <summary>Growing parts of the training part.</summary>
    internal static string Learning(LearningCurve curve)
    {
        var all = curve.Points[^1];
        var gain = Findings.Percents(ValidationResult.Gain(all.Test, curve.Contiguous))[0];
        if (curve.EnoughTokens is { } enough)
            return $"{Quantity.Count(enough)} tokens are enough: from there on the gain stays within "
                + $"{Quantity.Percent(LearningCurve.Tolerance, 0)} of the {gain} that all {Quantity.Count(all.Tokens)} give";
        var before = curve.Points[^2];
        var told = Findings.Percents(
            ValidationResult.Gain(before.Test, curve.Contiguous), ValidationResult.Gain(all.Test, curve.Contiguous));
        return $"Only all {Quantity.Count(all.Tokens)} tokens give the whole gain of {told[1]}; "
            + $"{Quantity.Count(before.Tokens)} give {told[0]}";
    }

    private static string Policy(ValidationResult validation) => PlainText.Clean(validation.Policy, 40);

    private static string Name(ValidationCase held) => PlainText.Clean(held.Name, 40);

    private static string Title(ValidationResult validation) => new ComparedMeasure(validation.Measure, 0).Title;

    private static string Sentence(string text) =>
        text.Length == 0 ? text : char.ToUpper(text[0], CultureInfo.InvariantCulture) + text[1..];
}
