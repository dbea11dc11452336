using MoEPlace.Results;

namespace MoEPlace.Reports.Figures;

/// <summary>Folds, domains and phases that were held out: the measure there, beside that on the tokens that were solved on.</summary>
internal static class HeldOutFigure
{
    private const string Name = "held-out";
    private const string Topic = "Traffic that was held out";
    private const int MostDrawn = 60;
    private const string HeldOut = "held out";
    private const string SolvedOn = "on what it was solved on";
    private const string Contiguous = "contiguous, held out";
    private const string Own = "a placement of its own";

    internal static Figure Draw(ValidationResult validation, ReportSection section)
    {
        var all = Rows(validation);
        var shown = all.Take(MostDrawn).ToArray();
        var own = Array.Exists(shown, r => r.Case.Specialised is not null);
        return new Figure(
            Name, Topic, ValidationFindings.HeldOut(validation),
            "Each placement was solved without the tokens of its row and judged on them; lower is better. The gap between the bar and the "
                + "grey mark is the gain, the gap to the orange mark what it loses on traffic that it has not seen."
                + (own ? " Green: a placement that was solved on those tokens alone, judged on the same." : "")
                + (shown.Length < all.Length ? $" {shown.Length} of {all.Length} rows are drawn; the table has all." : ""),
            Spec(validation, section, shown, own), Data(validation, all));
    }

    private static (string Name, ValidationCase Case)[] Rows(ValidationResult validation)
    {
        IEnumerable<(string, ValidationCase)> rows = validation.Domains.Select(c => (c.Name, c))
            .Concat(validation.Phases.Select(c => (c.Name, c)))
            .Concat(validation.Folds?.Cases.Select(c => (c.Name, c)) ?? []);
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. rows.Select(row =>
        {
            var name = PlainText.Clean(row.Item1, 34);
            for (var copy = 2; !names.Add(name); copy++)
                name = $"{PlainText.Clean(row.Item1, 28)} ({copy})";
            return (name, row.Item2);
        })];
    }

    private static object Spec(
        ValidationResult validation, ReportSection section, (string Name, ValidationCase Case)[] shown, bool own)
    {
        var marks = shown.SelectMany(row => Marks(row.Case).Select(mark => (row.Name, row.Case, mark.Kind, mark.Value))).ToArray();
        var measure = ComparedMeasure.Of(validation, marks.Select(m => m.Value));
        var values = marks.Select(m => new
        {
            row = m.Name,
            kind = m.Kind,
            value = m.Value * measure.Factor,
            told = measure.Show(m.Value),
            gain = Quantity.Percent(m.Case.HeldOutGain),
            tokens = Quantity.Count(m.Case.HeldOutTokens),
        }).ToArray();
        string[] kinds = own ? [HeldOut, SolvedOn, Contiguous, Own] : [HeldOut, SolvedOn, Contiguous];
        string[] colors =
            [ValidationFigures.PolicyColor(section), ValidationFigures.Seen, ValidationFigures.Contiguous, ValidationFigures.Own];
        string[] shapes = ["square", "diamond", "circle", "triangle-up"];
        object Scale(string[] range) => new
        {
            field = "kind",
            type = "nominal",
            legend = ValidationFigures.Legend(4),
            scale = new { domain = kinds, range = range[..kinds.Length] },
        };
        var y = new
        {
            field = "row",
            type = "nominal",
            title = (string?)null,
            scale = new { domain = shown.Select(r => r.Name).ToArray() },
            axis = new
            {
                labelLimit = 300,
                ticks = false,
                domain = false,
                labelPadding = 6,
                labelColor = FigureStyle.Ink,
                labelOverlap = false,
            },
        };
        var x = new
        {
            field = "value",
            type = "quantitative",
            title = measure.AxisTitle,
            scale = new { domainMin = 0, domainMax = Math.Max(1e-9, values.Max(v => v.value) * 1.05) },
            axis = new { labelExpr = measure.LabelExpr, tickCount = 6, domain = false, ticks = false },
        };
        var tooltip = new object[]
        {
            new { field = "row", type = "nominal", title = "held out" },
            new { field = "kind", type = "nominal", title = "judged" },
            new { field = "told", type = "nominal", title = measure.Title },
            new { field = "gain", type = "nominal", title = "gain held out" },
            new { field = "tokens", type = "nominal", title = "tokens held out" },
        };
        return new
        {
            config = FigureStyle.Config,
            width = 440,
            height = new { step = 24 },
            data = new { values },
            encoding = new { y, x, color = Scale(colors) },
            layer = new object[]
            {
                new { transform = new[] { new { filter = $"datum.kind == '{HeldOut}'" } },
                    mark = new { type = "bar", height = 13, opacity = 0.55 } },
                new { mark = new { type = "point", filled = true, size = 70, opacity = 1 },
                    encoding = new { shape = Scale(shapes), tooltip } },
            },
        };
    }

    private static IEnumerable<(string Kind, double Value)> Marks(ValidationCase held)
    {
        yield return (HeldOut, held.HeldOut);
        yield return (SolvedOn, held.Training);
        yield return (Contiguous, held.HeldOutContiguous);
        if (held.Specialised is { } own)
            yield return (Own, own);
    }

    private static Table Data(ValidationResult validation, (string Name, ValidationCase Case)[] rows)
    {
        var measure = ComparedMeasure.Of(validation, []);
        return new Table(
            [
                TableColumn.Text("held out", "heldOut"),
                TableColumn.Count("tokens solved on", "solvedTokens"),
                TableColumn.Count("tokens held out", "heldOutTokens"),
                measure.Column($"{measure.Title}, solved on", "training"),
                TableColumn.Percent("gain, solved on", "trainingGain"),
                measure.Column($"{measure.Title}, held out", "heldOutMeasure"),
                measure.Column("contiguous, held out", "heldOutContiguous"),
                TableColumn.Percent("gain, held out", "heldOutGain"),
                TableColumn.Ratio("imbalance, solved on", "trainingImbalance"),
                TableColumn.Ratio("imbalance, held out", "heldOutImbalance"),
                measure.Column("placement of its own", "specialised"),
            ],
            [.. rows.Select(r => new object?[]
            {
                r.Name, r.Case.SolvedTokens, r.Case.HeldOutTokens, r.Case.Training, r.Case.TrainingGain, r.Case.HeldOut,
                r.Case.HeldOutContiguous, r.Case.HeldOutGain, r.Case.TrainingImbalance, r.Case.HeldOutImbalance, r.Case.Specialised,
            })]);
    }
}
