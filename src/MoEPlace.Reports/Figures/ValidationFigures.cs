namespace MoEPlace.Reports.Figures;

/// <summary>The figures of a validation: none without one, and none for a part that was left out.</summary>
internal static class ValidationFigures
{
    /// <summary>The colour of contiguous placement.</summary>
    internal const string Contiguous = "#7A7F85";

    /// <summary>The colour of what was solved on or seen early.</summary>
    internal const string Seen = "#E69F00";

    /// <summary>The colour of a placement of the held-out tokens themselves.</summary>
    internal const string Own = "#009E73";

    /// <summary>Draws them.</summary>
    internal static IEnumerable<Figure> Draw(ReportSection section)
    {
        if (section.Result.Validation is not { } validation)
            yield break;
        if (validation.Folds is not null || validation.Domains.Length + validation.Phases.Length > 0)
            yield return HeldOutFigure.Draw(validation, section);
        if (validation.Drift is { } drift)
            yield return DriftFigure.Draw(validation, drift, section);
        if (validation.Learning is { } learning)
            yield return LearningFigure.Draw(validation, learning, section);
    }

    /// <summary>The colour of the policy that was validated.</summary>
    internal static string PolicyColor(ReportSection section) => section.Best.Color;

    /// <summary>The legend of a few kinds of mark, on one line below the figure.</summary>
    internal static object Legend(int columns) =>
        new { title = (string?)null, orient = "bottom", columns, symbolStrokeWidth = 0, symbolSize = 90, symbolOpacity = 1 };
}
