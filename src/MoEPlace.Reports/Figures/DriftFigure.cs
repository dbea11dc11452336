using MoEPlace.Results;

namespace MoEPlace.Reports.Figures;

/// <summary>The measure over consecutive windows of the test part.</summary>
internal static class DriftFigure
{
    private const string Name = "drift";
    private const string Topic = "Drift along the recording";
    private const int MostDrawn = 400;
    private const string Contiguous = "contiguous";
    private const string Whole = "solved on the training part";
    private static readonly string[] Shapes = ["circle", "diamond", "square"];

    internal static Figure Draw(ValidationResult validation, ValidationDrift drift, ReportSection section) => new(
        Name, Topic, ValidationFindings.Drift(drift),
        "Consecutive windows of the test part, in the order of the recording, under one placement each; lower is better. "
            + "Where the early placement departs from the other, traffic has changed since it was solved."
            + (drift.Windows.Length > MostDrawn
                ? $" The first {MostDrawn} of {drift.Windows.Length} windows are drawn; the table has all." : ""),
        Spec(validation, drift, section), Data(validation, drift));

    private static object Spec(ValidationResult validation, ValidationDrift drift, ReportSection section)
    {
        var windows = drift.Windows.Take(MostDrawn).ToArray();
        var measure = ComparedMeasure.Of(validation, windows.Select(w => Math.Max(w.Contiguous, Math.Max(w.Measure, w.Early))));
        var early = $"solved on its first {Quantity.Percent(drift.EarlyShare, 0)}";
        var values = windows.SelectMany((w, i) => new[] { (Contiguous, w.Contiguous), (early, w.Early), (Whole, w.Measure) }
            .Select(series => new
            {
                window = i + 1,
                series = series.Item1,
                value = series.Item2 * measure.Factor,
                told = measure.Show(series.Item2),
                rows = $"{Quantity.Count(w.Tokens)} tokens from row {Quantity.Count(w.FirstRow)}",
            })).ToArray();
        string[] domain = [Contiguous, early, Whole];
        object Scale(object range) =>
            new { field = "series", type = "nominal", legend = ValidationFigures.Legend(3), scale = new { domain, range } };
        var color = Scale(new[] { ValidationFigures.Contiguous, ValidationFigures.Seen, ValidationFigures.PolicyColor(section) });
        var x = new
        {
            field = "window",
            type = "quantitative",
            title = "window of the test part",
            scale = new { domain = new[] { 0.7, windows.Length + 0.3 }, nice = false },
            axis = new { grid = false, tickMinStep = 1, tickCount = Math.Min(windows.Length, 20), format = "d" },
        };
        var y = new
        {
            field = "value",
            type = "quantitative",
            title = measure.AxisTitle,
            scale = new { domainMin = 0, domainMax = Math.Max(1e-9, values.Max(v => v.value) * 1.05) },
            axis = new { labelExpr = measure.LabelExpr, tickCount = 6, domain = false, ticks = false },
        };
        return new
        {
            config = FigureStyle.Config,
            width = 590,
            height = 260,
            data = new { values },
            encoding = new { x, y, color },
            layer = new object[]
            {
                new { mark = new { type = "line", strokeWidth = 2 } },
                new
                {
                    mark = new { type = "point", filled = true, size = 50, opacity = 1 },
                    encoding = new
                    {
                        shape = Scale(Shapes),
                        tooltip = new object[]
                        {
                            new { field = "series", type = "nominal", title = "placement" },
                            new { field = "told", type = "nominal", title = measure.Title },
                            new { field = "rows", type = "nominal", title = "window" },
                        },
                    },
                },
            },
        };
    }

    private static Table Data(ValidationResult validation, ValidationDrift drift)
    {
        var measure = ComparedMeasure.Of(validation, []);
        return new Table(
            [
                TableColumn.Count("window", "window"),
                TableColumn.Count("from row", "firstRow"),
                TableColumn.Count("tokens", "tokens"),
                measure.Column($"{measure.Title}, solved on train", "measure"),
                measure.Column($"solved on its first {Quantity.Percent(drift.EarlyShare, 0)}", "early"),
                measure.Column("contiguous", "contiguous"),
                TableColumn.Percent("gain", "gain"),
                TableColumn.Percent("gain of the early one", "earlyGain"),
            ],
            [.. drift.Windows.Select((w, i) => new object?[]
            {
                i + 1, w.FirstRow, w.Tokens, w.Measure, w.Early, w.Contiguous, w.Gain, w.EarlyGain,
            })]);
    }
}
