using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>Measured beside simulated time of a step, one point for each setting.</summary>
internal static class StepFigure
{
    /// <summary>How far the bands reach beyond the shortest and the longest step.</summary>
    private const double Beyond = 1.35;

    internal static Figure Draw(RealityResult result) => new(
        "steps", "Step time, measured and simulated", RealityFindings.Steps(result),
        "Each point is one setting: to the right the median of its measured steps, upwards the simulated one; a line through it goes "
            + "from the step that a tenth of the steps stay under to the one that a tenth exceed. On the diagonal both agree. Inside "
            + "the dark band they differ by at most 10 %, inside the light one by at most 20 %.",
        Spec(result), Data(result));

    private static object Spec(RealityResult result)
    {
        var unit = RealityScale.Unit(result);
        var all = result.Settings.SelectMany(s => new[] { s.MeasuredP10, s.MeasuredP90, s.MeasuredSeconds, s.SimulatedSeconds }).ToArray();
        var (least, most) = (all.Min() / Beyond * unit.PerSecond, all.Max() * Beyond * unit.PerSecond);
        double[] ends = [least, most];
        var scale = new { type = "log", domain = ends, nice = false };
        object Axis(string title) => new { title = $"{title}, {unit.Name}", tickCount = 6, domain = false, format = "~g" };
        object Band(double width, double opacity) => new
        {
            data = new { values = ends.Select(x => new { x, low = x * (1 - width), high = x * (1 + width) }) },
            mark = new { type = "area", color = "#56B4E9", opacity, clip = true },
            encoding = new
            {
                x = new { field = "x", type = "quantitative", scale, axis = Axis("measured step") },
                y = new { field = "low", type = "quantitative", scale, axis = Axis("simulated step") },
                y2 = new { field = "high" },
            },
        };
        var points = result.Settings.Select(s => new
        {
            x = s.MeasuredSeconds * unit.PerSecond,
            y = s.SimulatedSeconds * unit.PerSecond,
            low = s.MeasuredP10 * unit.PerSecond,
            high = s.MeasuredP90 * unit.PerSecond,
            link = PlainText.Clean(s.Link, 24),
            placement = PlainText.Clean(s.Placement, 24),
            told = RealityFindings.Shared(s),
            measured = Quantity.Seconds(s.MeasuredSeconds),
            simulated = Quantity.Seconds(s.SimulatedSeconds),
            error = Signed(s.Error()),
        });
        var color = RealityScale.Placements(result);
        return new
        {
            config = FigureStyle.Config,
            width = 460,
            height = 460,
            layer = new object[]
            {
                Band(0.2, 0.18), Band(0.1, 0.28),
                new
                {
                    data = new { values = ends.Select(x => new { x }) },
                    mark = new { type = "line", clip = true, color = FigureStyle.Muted, strokeDash = new[] { 4, 3 }, strokeWidth = 1 },
                    encoding = new { x = new { field = "x", type = "quantitative" }, y = new { field = "x", type = "quantitative" } },
                },
                new
                {
                    data = new { values = points },
                    layer = new object[]
                    {
                        new
                        {
                            mark = new { type = "rule", strokeWidth = 1, opacity = 0.8 },
                            encoding = new
                            {
                                x = new { field = "low", type = "quantitative" },
                                x2 = new { field = "high" },
                                y = new { field = "y", type = "quantitative" },
                                color,
                            },
                        },
                        new
                        {
                            mark = new { type = "point", filled = true, size = 70, opacity = 1 },
                            encoding = new
                            {
                                x = new { field = "x", type = "quantitative" },
                                y = new { field = "y", type = "quantitative" },
                                color,
                                shape = RealityScale.Links(result),
                                tooltip = new object[]
                                {
                                    new { field = "told", type = "nominal", title = "setting" },
                                    new { field = "placement", type = "nominal" },
                                    new { field = "measured", type = "nominal" },
                                    new { field = "simulated", type = "nominal" },
                                    new { field = "error", type = "nominal" },
                                },
                            },
                        },
                    },
                },
            },
        };
    }

    private static Table Data(RealityResult result) => new(
        [
            TableColumn.Text("link", "link"),
            TableColumn.Text("placement", "placement"),
            TableColumn.Count("tokens per step", "tokensPerStep"),
            TableColumn.Count("steps measured", "steps"),
            Time("measured step", "measuredSeconds", "The median."),
            Time("a tenth under", "measuredP10Seconds", "The 10th percentile of the measured steps."),
            Time("a tenth over", "measuredP90Seconds", "The 90th percentile of the measured steps."),
            Time("simulated step", "simulatedSeconds", "The median of the same steps."),
            new("off by", "error", v => Signed((double)v!), Hint: "Simulated over measured, minus 1."),
        ],
        [
            .. result.Settings.Select(s => new object?[]
            {
                PlainText.Clean(s.Link, 40), PlainText.Clean(s.Placement, 40), s.TokensPerStep, s.Steps, s.MeasuredSeconds, s.MeasuredP10,
                s.MeasuredP90, s.SimulatedSeconds, s.Error(),
            }),
        ]);

    internal static TableColumn Time(string title, string key, string hint = "") => new(title, key, v => Quantity.Seconds((double?)v), Hint: hint);

    internal static string Signed(double share) => (share < 0 ? "\u2212" : "+") + RealityFindings.Upwards(Math.Abs(share));
}
