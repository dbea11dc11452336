namespace MoEPlace.Reports.Figures;

/// <summary>Imbalance against crossing, one point per placement, with the front of those that nothing beats in both.</summary>
internal static class TradeOffFigure
{
    private const string Name = "trade-off";
    private const string Topic = "Imbalance against traffic";
    private const int Width = 590;
    private const int Height = 340;

    internal static Figure Draw(ReportSection section)
    {
        if (section.Placements.Length == 1)
            return Figure.LeftOut(Name, Topic, "there is one placement, so nothing to weigh");
        if (section.Ranks == 1)
            return Figure.LeftOut(Name, Topic, "there is one GPU: no imbalance, no traffic");
        var crossing = section.Placements.Count(p => p.Measures.GpuCrossingFraction is not null) > 1;
        double? Traffic(DrawnPlacement p) => crossing ? p.Measures.GpuCrossingFraction : p.Measures.RankCopiesPerTokenLayer;
        var points = section.Placements.Where(p => Traffic(p) is not null).Select(p => (p, p.Measures.ImbalanceMean, Traffic(p)!.Value))
            .ToArray();
        if (points.Length < 2)
            return Figure.LeftOut(Name, Topic, "crossing and copies are unknown for all placements but one or none");
        var front = Front([.. points.Select(p => (p.ImbalanceMean, p.Value))]);
        var finding = crossing
            ? Findings.TradeOff(points, Findings.Percents, told => $"crosses GPUs in {told} of cases")
            : Findings.TradeOff(points, Findings.Ratios, told => $"makes {told} copies");
        string[] unknown = [.. section.Placements.Where(p => Traffic(p) is null).Select(p => p.Name)];
        return new Figure(
            Name, Topic, finding,
            "One point per placement; left is more even, down is less traffic. "
                + "The line is the Pareto front: no placement is better in both than a point on it."
                + (crossing ? "" : " GPU crossing is unknown, so copies to other GPUs stand for it.")
                + (unknown.Length == 0 ? "" : $" Unknown for {string.Join(", ", unknown)}."),
            Spec(points, front, crossing),
            Data(section, crossing, [.. front.Select(i => points[i].p)]));
    }

    /// <summary>Numbers of the points that no other is at most as high in both and lower in one, by rising x.</summary>
    internal static int[] Front((double X, double Y)[] points) =>
    [
        .. Enumerable.Range(0, points.Length)
            .Where(i => !Array.Exists(points, p => p.X <= points[i].X && p.Y <= points[i].Y && (p.X < points[i].X || p.Y < points[i].Y)))
            .OrderBy(i => points[i].X).ThenBy(i => i),
    ];

    private static object Spec((DrawnPlacement Placement, double X, double Y)[] points, int[] front, bool crossing)
    {
        var (x0, x1) = Range(points.Select(p => p.X), 1);
        var (y0, y1) = Range(points.Select(p => p.Y), 0);
        (double X, double Y, string Name)[] pixels =
            [.. points.Select(p => ((p.X - x0) / (x1 - x0) * Width, (y1 - p.Y) / (y1 - y0) * Height, p.Placement.Name))];
        var labels = PointLabels.Place(pixels, [.. front.Select(i => (pixels[i].X, pixels[i].Y))], Width, Height);
        var values = points.Select((p, i) => new
        {
            placement = p.Placement.Name,
            color = p.Placement.Color,
            shape = p.Placement.Shape,
            imbalance = p.X,
            traffic = p.Y,
            told = crossing ? Quantity.Percent(p.Y) : Quantity.Ratio(p.Y, 3),
            front = Array.IndexOf(front, i) >= 0 ? "yes" : "no",
            text = labels[i].Text,
            align = labels[i].Align,
            dx = labels[i].X,
            dy = labels[i].Y,
        }).ToArray();
        var x = new
        {
            field = "imbalance",
            type = "quantitative",
            title = "imbalance: busiest GPU ÷ mean of all GPUs, mean over layers (1 is even)",
            scale = new { domain = new[] { x0, x1 }, nice = false, zero = false },
            axis = new { tickCount = 7, format = x1 - x0 < 0.2 ? ".3f" : ".2f" },
        };
        var y = new
        {
            field = "traffic",
            type = "quantitative",
            title = crossing ? "GPU crossing: token-layer pairs that change GPU" : "copies to other GPUs, per token and layer",
            scale = new { domain = new[] { y0, y1 }, nice = false, zero = false },
            axis = new
            {
                tickCount = 6,
                labelExpr = crossing ? FigureStyle.PercentLabel(y1 - y0 < 0.04 ? 1 : 0)
                : "format(datum.value, '.2f')"
            },
        };
        return new
        {
            config = FigureStyle.Config,
            width = Width,
            height = Height,
            layer = new object[]
            {
                new
                {
                    data = new { values = front.Select(i => values[i]) },
                    mark = new { type = "line", interpolate = "step-after", color = FigureStyle.Muted, strokeDash = new[] { 5, 3 },
                        strokeWidth = 1.5 },
                    encoding = new { x, y, order = new { field = "imbalance", type = "quantitative" } },
                },
                Points(values, x, y, crossing),
                new
                {
                    data = new { values },
                    mark = new { type = "text", align = new { expr = "datum.align" }, baseline = "middle", dx = new { expr = "datum.dx" },
                        dy = new { expr = "datum.dy" } },
                    encoding = new { x, y, text = new { field = "text", type = "nominal" } },
                },
            },
        };
    }

    private static object Points(object values, object x, object y, bool crossing) => new
    {
        data = new { values },
        mark = new { type = "point", filled = true, size = 130, opacity = 1 },
        encoding = new
        {
            x,
            y,
            color = new { field = "color", type = "nominal", scale = (object?)null },
            shape = new { field = "shape", type = "nominal", scale = (object?)null },
            tooltip = new object[]
            {
                new { field = "placement", type = "nominal" },
                new { field = "imbalance", type = "quantitative", format = ".3f" },
                new { field = "told", type = "nominal", title = crossing ? "GPU crossing" : "copies to other GPUs" },
                new { field = "front", type = "nominal", title = "on the Pareto front" },
            },
        },
    };

    private static (double Low, double High) Range(IEnumerable<double> values, double least)
    {
        var (low, high) = (values.Min(), values.Max());
        var margin = Math.Max((high - low) * 0.12, Math.Max(high * 0.02, 1e-6));
        return (low >= least ? Math.Max(least - margin / 4, low - margin) : low - margin, high + margin);
    }

    private static Table Data(ReportSection section, bool crossing, DrawnPlacement[] front) => new(
        [
            TableColumn.Text("placement", "placement"),
            TableColumn.Ratio("imbalance, mean over layers", "imbalanceMean", 3) with { BestIsLowest = true },
            (crossing
                ? TableColumn.Percent("GPU crossing", "gpuCrossingFraction")
                : TableColumn.Ratio("copies to other GPUs, per token and layer", "rankCopiesPerTokenLayer", 3))
                with { BestIsLowest = true },
            TableColumn.Text("on the Pareto front", "paretoFront"),
        ],
        [
            .. section.Placements.Select(p => new object?[]
            {
                p.Name,
                p.Measures.ImbalanceMean,
                crossing ? p.Measures.GpuCrossingFraction : p.Measures.RankCopiesPerTokenLayer,
                front.Contains(p) ? "yes" : "no",
            }),
        ]);
}
