namespace MoEPlace.Reports.Figures;

/// <summary>What searches found and proved over time: best objective, lower bound, and the gap between them.</summary>
internal static class BoundFigure
{
    private const string Name = "bound";
    private const string Topic = "Objective and bound over time";
    private const double LeastSeconds = 0.01;
    private const string Found = "best found";
    private const string Proven = "no placement is below";

    internal static Figure Draw(ReportSection section)
    {
        SolveCurve[] all = [.. section.Drawn.Select(SolveCurve.Of).OfType<SolveCurve>()];
        if (all.Length == 0)
            return Figure.LeftOut(Name, Topic, "no search kept what it knew over time");
        // Objectives of different names have no common axis; the one that most searches minimise is drawn.
        var objective = all.GroupBy(c => c.Objective, StringComparer.Ordinal).MaxBy(g => g.Count())!.Key;
        SolveCurve[] curves = [.. all.Where(c => c.Objective == objective)];
        var gaps = curves.Any(c => c.Last.Gap is not null);
        var panels = new List<object> { Values(curves, objective, Seconds(curves, labelled: !gaps)) };
        if (gaps)
            panels.Add(Gaps(curves, Seconds(curves, labelled: true)));
        string[] others = [.. all.Where(c => c.Objective != objective).Select(c => c.Placement.Name)];
        return new Figure(
            Name, Topic, Findings.Bound(section, curves),
            "Solid: the best placement that the search had found by then, on the tokens that it was solved on; down is better. "
                + "Dashed: the bound, below which no placement can get; up is better. "
                + (gaps ? "Below: the gap, (objective − bound) ÷ objective; 0 is proven best. " : "No search proved a bound. ")
                + "Time is on a logarithmic scale."
                + (others.Length == 0 ? "" : $" Left out, as they minimise something else: {string.Join(", ", others)}."),
            new { config = FigureStyle.Config, vconcat = panels, spacing = 12 },
            Data(curves));
    }

    private static object Seconds(SolveCurve[] curves, bool labelled)
    {
        var last = Math.Max(curves.Max(c => c.Last.Seconds), 10 * LeastSeconds);
        var first = Math.Clamp(curves.Min(c => c.Points[0].Seconds), LeastSeconds, last / 10);
        double[] steps = last / first > 1e4 ? [1] : last / first > 50 ? [1, 3] : [1, 2, 5];
        var values = Enumerable.Range(-2, 12).SelectMany(power => steps.Select(step => step * Math.Pow(10, power)))
            .Where(at => at >= first && at <= last);
        return new
        {
            field = "at",
            type = "quantitative",
            title = labelled ? "time of the search, s" : null,
            scale = new { type = "log", domain = new[] { first, last }, nice = false, clamp = true },
            axis = new { grid = false, values, labels = labelled, labelExpr = "format(datum.value, '~g')" },
        };
    }

    /// <summary>The upper panel: objectives and bounds.</summary>
    private static object Values(SolveCurve[] curves, string objective, object x)
    {
        var values = curves.SelectMany(c => c.Thinned().SelectMany((p, i) => new[] { (Kind: Found, Value: p.Objective), (Kind: Proven, Value: p.Bound) }
            .Where(v => v.Value is not null)
            .Select(v => new
            {
                placement = c.Placement.Name,
                kind = v.Kind,
                at = Math.Max(LeastSeconds, p.Seconds),
                value = v.Value!.Value,
                marked = c.Marks(i),
                told = Told(objective, v.Value.Value),
                when = Quantity.Seconds(p.Seconds),
            }))).ToArray();
        var (low, high) = (values.Min(v => v.value), values.Max(v => v.value));
        var margin = Math.Max((high - low) * 0.06, Math.Abs(high) * 0.005 + 1e-12);
        var y = new
        {
            field = "value",
            type = "quantitative",
            title = Title(objective),
            scale = new { domain = new[] { low - margin, high + margin }, nice = false, zero = false },
            axis = new { tickCount = 6, domain = false, ticks = false, offset = 7, format = objective == "imbalance" ? ".3f" : ".3~s" },
        };
        var dash = new
        {
            field = "kind",
            type = "nominal",
            scale = new { domain = new[] { Found, Proven }, range = new[] { new[] { 1, 0 }, [5, 3] } },
            legend = new
            {
                title = (string?)null,
                orient = "bottom",
                direction = "horizontal",
                symbolType = "stroke",
                symbolStrokeColor = FigureStyle.Ink,
                symbolSize = 300
            },
        };
        var tooltip = new object[]
        {
            new { field = "placement", type = "nominal" },
            new { field = "kind", type = "nominal", title = "line" },
            new { field = "told", type = "nominal", title = "value" },
            new { field = "when", type = "nominal", title = "since" },
        };
        return Panel(250, values, x, y, curves, new { strokeDash = dash, detail = new { field = "placement", type = "nominal" } }, tooltip);
    }

    /// <summary>The lower panel: what is left between the two.</summary>
    private static object Gaps(SolveCurve[] curves, object x)
    {
        var values = curves.SelectMany(c => c.Thinned().Select((p, i) => (Curve: c, Point: p, Marked: c.Marks(i))))
            .Where(v => v.Point.Gap is not null)
            .Select(v => new
            {
                placement = v.Curve.Placement.Name,
                at = Math.Max(LeastSeconds, v.Point.Seconds),
                gap = v.Point.Gap!.Value,
                marked = v.Marked,
                told = Quantity.Percent(v.Point.Gap, 2),
                when = Quantity.Seconds(v.Point.Seconds),
            }).ToArray();
        var most = Math.Max(0.01, values.Max(v => v.gap) * 1.08);
        var y = new
        {
            field = "gap",
            type = "quantitative",
            title = "gap to the bound",
            scale = new { domain = new[] { -0.02 * most, most }, nice = false, zero = false },
            axis = new { tickCount = 5, domain = false, ticks = false, offset = 7, labelExpr = FigureStyle.PercentLabel(most < 0.04 ? 1 : 0) },
        };
        var tooltip = new object[]
        {
            new { field = "placement", type = "nominal" },
            new { field = "told", type = "nominal", title = "gap" },
            new { field = "when", type = "nominal", title = "since" },
        };
        return Panel(150, values, x, y, curves, new { detail = new { field = "placement", type = "nominal" } }, tooltip);
    }

    /// <summary>Steps, and the symbol of the placement at some of them, so that placements of one policy can be told apart.</summary>
    private static object Panel(
        int height, object values, object x, object y, SolveCurve[] curves, object lines, object[] tooltip)
    {
        object Scale(object range) => new
        {
            field = "placement",
            type = "nominal",
            scale = new { domain = curves.Select(c => c.Placement.Name), range },
            legend = new
            {
                title = (string?)null,
                orient = "bottom",
                columns = curves.Max(c => c.Placement.Name.Length) > 28 ? 2 : 3,
                symbolStrokeWidth = 0,
                symbolSize = 90,
            },
        };
        var color = Scale(curves.Select(c => c.Placement.Color).ToArray());
        return new
        {
            width = 590,
            height,
            data = new { values },
            encoding = new { x, y, color },
            layer = new object[]
            {
                new { mark = new { type = "line", interpolate = "step-after", strokeWidth = 1.8 }, encoding = lines },
                new
                {
                    transform = new[] { new { filter = "datum.marked" } },
                    mark = new { type = "point", filled = true, size = 60, opacity = 1 },
                    encoding = new { shape = Scale(curves.Select(c => c.Placement.Shape).ToArray()), tooltip },
                },
            },
        };
    }

    private static string Title(string objective) => objective switch
    {
        "crossing" => "objective: weighted GPU and node crossings",
        "copies" => "objective: weighted copies to GPUs and nodes",
        "step" => "objective: modelled step, s",
        _ => "objective: " + PlainText.Clean(objective, 40),
    };

    private static string Told(string objective, double value) => objective == "step" ? Quantity.Seconds(value) : Quantity.General(value);

    private static Table Data(SolveCurve[] curves) => new(
        [
            TableColumn.Text("placement", "placement"),
            new("after", "seconds", v => Quantity.Seconds((double?)v)),
            new("objective", "objective", v => Quantity.General((double?)v)),
            new("no placement below", "bound", v => Quantity.General((double?)v)),
            new("gap", "gap", v => Quantity.Percent((double?)v, 2)),
        ],
        [.. curves.SelectMany(c => c.Points.Select(p => new object?[] { c.Placement.Name, p.Seconds, p.Objective, p.Bound, p.Gap }))]);
}
