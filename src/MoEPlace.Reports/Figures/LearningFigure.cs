using MoEPlace.Results;

namespace MoEPlace.Reports.Figures;

/// <summary>The measure on the test part over the number of tokens that were solved on.</summary>
internal static class LearningFigure
{
    private const string Name = "learning";
    private const string Topic = "How many tokens a placement needs";
    private const int MostDrawn = 200;
    private const string Test = "on the test part";
    private const string Training = "on what it was solved on";
    private const string Contiguous = "contiguous, test part";
    private static readonly string[] Shapes = ["square", "diamond", "circle"];
    private static readonly int[] Dash = [4, 4];

    internal static Figure Draw(ValidationResult validation, LearningCurve curve, ReportSection section) => new(
        Name, Topic, ValidationFindings.Learning(curve),
        "Every point is a placement that was solved on so many tokens of the training part, each part holding the sequences of the one "
            + "before. Lower is better. Where the two lines meet, what is learnt holds for sequences that were not seen."
            + (curve.EnoughTokens is null ? "" : " The upright line marks the tokens that are enough."),
        Spec(validation, curve, section), Data(validation, curve));

    private static object Spec(ValidationResult validation, LearningCurve curve, ReportSection section)
    {
        var points = curve.Points.TakeLast(MostDrawn).ToArray();
        var measure = ComparedMeasure.Of(validation, points.Select(p => Math.Max(curve.Contiguous, Math.Max(p.Test, p.Training))));
        var values = points.SelectMany(p => new[] { (Test, p.Test), (Training, p.Training), (Contiguous, curve.Contiguous) }
            .Select(series => new
            {
                tokens = p.Tokens,
                series = series.Item1,
                value = series.Item2 * measure.Factor,
                told = measure.Show(series.Item2),
                of = $"{Quantity.Count(p.Tokens)} tokens, {Quantity.Count(p.Sequences)} sequences",
            })).ToArray();
        string[] domain = [Test, Training, Contiguous];
        object Scale(object range) =>
            new { field = "series", type = "nominal", legend = ValidationFigures.Legend(3), scale = new { domain, range } };
        var color = Scale(new[] { ValidationFigures.PolicyColor(section), ValidationFigures.Seen, ValidationFigures.Contiguous });
        var x = new
        {
            field = "tokens",
            type = "quantitative",
            title = "tokens solved on",
            scale = new { type = "log", @base = 2, nice = false },
            axis = new { grid = false, values = points.Select(p => p.Tokens).Distinct().ToArray(), format = ",d" },
        };
        var y = new
        {
            field = "value",
            type = "quantitative",
            title = measure.AxisTitle,
            scale = new { domainMin = 0, domainMax = Math.Max(1e-9, values.Max(v => v.value) * 1.05) },
            axis = new { labelExpr = measure.LabelExpr, tickCount = 6, domain = false, ticks = false },
        };
        var tooltip = new object[]
        {
            new { field = "series", type = "nominal", title = "judged" },
            new { field = "told", type = "nominal", title = measure.Title },
            new { field = "of", type = "nominal", title = "solved on" },
        };
        var layers = new List<object>
        {
            new { mark = new { type = "line", strokeWidth = 2 }, encoding = new { y, color } },
            new { mark = new { type = "point", filled = true, size = 60, opacity = 1 },
                encoding = new { y, color, shape = Scale(Shapes), tooltip } },
        };
        if (curve.EnoughTokens is { } enough)
            layers.Insert(0, new
            {
                data = new { values = new[] { new { tokens = enough } } },
                mark = new { type = "rule", color = FigureStyle.Muted, strokeDash = Dash },
            });
        return new { config = FigureStyle.Config, width = 590, height = 260, data = new { values }, encoding = new { x }, layer = layers };
    }

    private static Table Data(ValidationResult validation, LearningCurve curve)
    {
        var measure = ComparedMeasure.Of(validation, []);
        return new Table(
            [
                TableColumn.Count("tokens solved on", "tokens"),
                TableColumn.Count("sequences", "sequences"),
                measure.Column($"{measure.Title}, solved on", "training"),
                measure.Column($"{measure.Title}, test part", "test"),
                TableColumn.Percent("gain, test part", "gain"),
            ],
            [.. curve.Points.Select(p => new object?[]
            {
                p.Tokens, p.Sequences, p.Training, p.Test, ValidationResult.Gain(p.Test, curve.Contiguous),
            })]);
    }
}
