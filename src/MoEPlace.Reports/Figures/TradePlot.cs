namespace MoEPlace.Reports.Figures;

/// <summary>Imbalance against some traffic: one point per placement, larger with more redundant slots, and the Pareto front.</summary>
internal static class TradePlot
{
    private const int Width = 590;
    private const int Height = 340;
    private const int PointArea = 130;

    /// <summary>A placement in the plot.</summary>
    /// <param name="Placement">Which.</param>
    /// <param name="Imbalance">Mean over layers, 1 or more.</param>
    /// <param name="Traffic">In the unit of the plot.</param>
    internal sealed record Point(DrawnPlacement Placement, double Imbalance, double Traffic);

    /// <summary>What the plot weighs against imbalance.</summary>
    /// <param name="Title">Of the axis, with the unit.</param>
    /// <param name="Short">In tooltips.</param>
    /// <param name="Tell">Gives a value to people.</param>
    /// <param name="Label">A Vega expression for the axis, of the distance between its ends.</param>
    internal sealed record Measure(string Title, string Short, Func<double, string> Tell, Func<double, string> Label);

    /// <summary>Crossing of GPUs.</summary>
    internal static Measure Crossing { get; } = new(
        "GPU crossing: token-layer pairs that change GPU", "GPU crossing", v => Quantity.Percent(v),
        span => FigureStyle.PercentLabel(span < 0.04 ? 1 : 0));

    /// <summary>Copies to other GPUs.</summary>
    internal static Measure Copies { get; } = new(
        "copies to other GPUs, per token and layer", "copies to other GPUs", v => Quantity.Ratio(v, 3),
        _ => "format(datum.value, '.2f')");

    /// <summary>Numbers of the points that no other is at most as high in both and lower in one, by rising x.</summary>
    internal static int[] Front((double X, double Y)[] points) =>
    [
        .. Enumerable.Range(0, points.Length)
            .Where(i => !Array.Exists(points, p => p.X <= points[i].X && p.Y <= points[i].Y && (p.X < points[i].X || p.Y < points[i].Y)))
            .OrderBy(i => points[i].X).ThenBy(i => i),
    ];

    /// <summary>True where some placement of the plot has redundant slots, so that sizes tell something.</summary>
    internal static bool ShowsRedundancy(IEnumerable<Point> points) => points.Any(p => p.Placement.Detail.RedundantSlotsPerLayer > 0);

    /// <summary>The specification.</summary>
    internal static object Spec(Point[] points, int[] front, Measure measure)
    {
        var (x0, x1) = Range(points.Select(p => p.Imbalance), 1);
        var (y0, y1) = Range(points.Select(p => p.Traffic), 0);
        (double X, double Y, string Name)[] pixels =
            [.. points.Select(p => ((p.Imbalance - x0) / (x1 - x0) * Width, (y1 - p.Traffic) / (y1 - y0) * Height, p.Placement.Name))];
        var most = ShowsRedundancy(points) ? points.Max(p => p.Placement.Detail.RedundantSlotsPerLayer ?? 0) : 0;
        double[] radii = [.. points.Select(p => most > 0 && p.Placement.Detail.RedundantSlotsPerLayer > 0 ? 12.0 : 7)];
        var labels = PointLabels.Place(pixels, [.. front.Select(i => (pixels[i].X, pixels[i].Y))], Width, Height, radii);
        var values = points.Select((p, i) => new
        {
            placement = p.Placement.Name,
            color = p.Placement.Color,
            shape = p.Placement.Shape,
            imbalance = p.Imbalance,
            traffic = p.Traffic,
            told = measure.Tell(p.Traffic),
            front = Array.IndexOf(front, i) >= 0 ? "yes" : "no",
            redundant = p.Placement.Detail.RedundantSlotsPerLayer ?? 0,
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
            title = measure.Title,
            scale = new { domain = new[] { y0, y1 }, nice = false, zero = false },
            axis = new { tickCount = 6, labelExpr = measure.Label(y1 - y0) },
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
                Points(values, x, y, measure, most),
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

    private static object Points(object values, object x, object y, Measure measure, double mostRedundant) => new
    {
        data = new { values },
        mark = new { type = "point", filled = true, size = PointArea, opacity = 1 },
        encoding = new
        {
            x,
            y,
            color = new { field = "color", type = "nominal", scale = (object?)null },
            shape = new { field = "shape", type = "nominal", scale = (object?)null },
            size = mostRedundant == 0 ? (object)new { value = PointArea } : new
            {
                field = "redundant",
                type = "quantitative",
                scale = new { domain = new[] { 0, mostRedundant }, range = new[] { PointArea, 3 * PointArea } },
                legend = new
                {
                    title = "redundant slots per layer:",
                    titleOrient = "left",
                    titleLimit = 300,
                    orient = "bottom",
                    direction = "horizontal",
                    symbolType = "circle",
                    symbolFillColor = FigureStyle.Muted,
                    symbolStrokeWidth = 0,
                    values = new[] { 0, mostRedundant },
                },
            },
            tooltip = new object[]
            {
                new { field = "placement", type = "nominal" },
                new { field = "imbalance", type = "quantitative", format = ".3f" },
                new { field = "told", type = "nominal", title = measure.Short },
                new { field = "front", type = "nominal", title = "on the Pareto front" },
                new { field = "redundant", type = "quantitative", title = "redundant slots per layer" },
            },
        },
    };

    private static (double Low, double High) Range(IEnumerable<double> values, double least)
    {
        var (low, high) = (values.Min(), values.Max());
        var margin = Math.Max((high - low) * 0.12, Math.Max(high * 0.02, 1e-6));
        return (low >= least ? Math.Max(least - margin / 4, low - margin) : low - margin, high + margin);
    }
}
