using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>A validation as a person reads it on a terminal.</summary>
internal static class ValidationTables
{
    /// <summary>Prints every part, what was left out, and the warnings.</summary>
    public static void Print(Terminal terminal, ValidationResult result)
    {
        var each = result.SecondsPerSolve is { } seconds ? $", {MeasureTable.Seconds(seconds)} of search for each" : "";
        terminal.Line();
        terminal.Line($"validation: {result.Solves} more placements{each}; the measure is {Title(result.Measure)},");
        terminal.Line("a gain is the share of contiguous placement's that is saved on the same tokens");
        if (result.Folds is { } folds)
            terminal.Table(HeldOutColumns("fold", own: false), Rows(result, folds.Cases).Concat(Summary(result, folds)));
        if (result.Domains.Length > 0)
            terminal.Table(HeldOutColumns("domain held out", own: true), Rows(result, result.Domains));
        if (result.Phases.Length > 0)
            terminal.Table(HeldOutColumns("phase held out", own: true), Rows(result, result.Phases));
        if (result.Drift is { } drift)
            PrintDrift(terminal, result, drift);
        if (result.Learning is { } learning)
            PrintLearning(terminal, result, learning);
        foreach (var part in result.LeftOut)
            terminal.Line($"left out: {part}");
        foreach (var warning in result.Warnings)
            terminal.Line($"warning: {warning}");
        if (result.Warnings.Length == 0)
            terminal.Line("no warning: the gain holds wherever it was tried");
    }

    private static string[] HeldOutColumns(string name, bool own) =>
    [
        name, "tokens\nsolved on", "tokens\nheld out", "measure\nsolved on", "gain\nsolved on", "measure\nheld out", "contiguous\nheld out",
        "gain\nheld out", "imbalance\nsolved on", "imbalance\nheld out",
        .. own ? ["its own\nmeasure", "its own\ngain"] : Array.Empty<string>(),
    ];

    private static IEnumerable<IReadOnlyList<string>> Rows(ValidationResult result, ImmutableArray<ValidationCase> cases) =>
        cases.Select(c => (IReadOnlyList<string>)
        [
            c.Name, MeasureTable.Count(c.SolvedTokens), MeasureTable.Count(c.HeldOutTokens), Show(result, c.Training),
            MeasureTable.Share(c.TrainingGain), Show(result, c.HeldOut), Show(result, c.HeldOutContiguous),
            MeasureTable.Share(c.HeldOutGain),
            MeasureTable.Number(c.TrainingImbalance), MeasureTable.Number(c.HeldOutImbalance),
            .. c.Specialised is { } own ? [Show(result, own), MeasureTable.Share(c.SpecialisedGain)] : Array.Empty<string>(),
        ]);

    private static IEnumerable<IReadOnlyList<string>> Summary(ValidationResult result, ValidationFolds folds)
    {
        yield return
        [
            "mean", "", "", Show(result, folds.TrainingMean), MeasureTable.Share(folds.TrainingGainMean), Show(result, folds.HeldOutMean),
            Show(result, folds.ContiguousMean), MeasureTable.Share(folds.HeldOutGainMean),
            MeasureTable.Number(folds.Cases.Average(c => c.TrainingImbalance)),
            MeasureTable.Number(folds.Cases.Average(c => c.HeldOutImbalance)),
        ];
        yield return
        [
            "standard deviation", "", "", "", "", Show(result, folds.HeldOutDeviation), "", MeasureTable.Share(folds.HeldOutGainDeviation),
            "", "",
        ];
    }

    private static void PrintDrift(Terminal terminal, ValidationResult result, ValidationDrift drift)
    {
        var early = $"its first {drift.EarlyShare.ToString("P0", CultureInfo.InvariantCulture)}";
        terminal.Table(
            [
                "window of test", "from row", "tokens", "solved on\ntrain", $"solved on\n{early}", "contiguous", "gain\ntrain",
                $"gain\n{early}",
            ],
            drift.Windows.Select((w, i) => (IReadOnlyList<string>)
            [
                $"{i + 1}", MeasureTable.Count(w.FirstRow), MeasureTable.Count(w.Tokens), Show(result, w.Measure), Show(result, w.Early),
                Show(result, w.Contiguous), MeasureTable.Share(w.Gain), MeasureTable.Share(w.EarlyGain),
            ]));
    }

    private static void PrintLearning(Terminal terminal, ValidationResult result, LearningCurve curve)
    {
        terminal.Table(
            ["sequences solved on", "tokens", "measure\nsolved on", "measure\ntest", "gain\ntest"],
            curve.Points.Select(p => (IReadOnlyList<string>)
            [
                MeasureTable.Count(p.Sequences), MeasureTable.Count(p.Tokens), Show(result, p.Training), Show(result, p.Test),
                MeasureTable.Share(ValidationResult.Gain(p.Test, curve.Contiguous)),
            ]).Append(["contiguous", "", "", Show(result, curve.Contiguous), MeasureTable.Share(0)]));
        terminal.Line(curve.EnoughTokens is { } enough
            ? $"tokens that a placement needs: {MeasureTable.Count(enough)} (from there on within 2 % of the gain of all)"
            : $"tokens that a placement needs: more than {MeasureTable.Count(curve.Points[^2].Tokens)}; only all give all of the gain");
    }

    private static string Title(string measure) => measure switch
    {
        "gpuCrossingFraction" => "GPU crossing",
        "rankCopiesPerTokenLayer" => "rank copies per token and layer",
        "stepSeconds" => "the modelled step",
        _ => "mean imbalance",
    };

    private static string Show(ValidationResult result, double value) => result.Measure switch
    {
        "gpuCrossingFraction" => MeasureTable.Share(value),
        "stepSeconds" => MeasureTable.Seconds(value),
        _ => MeasureTable.Number(value),
    };
}
