using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports.Lives;

/// <summary>What was watched, second by second.</summary>
internal static class LiveFigures
{
    private const int Width = 590;
    private const int Height = 190;
    private static readonly string[] Marked = ["shift", "drift", "asked", "kept", "returned"];
    private static readonly int[] Dashed = [6, 4], Solid = [1, 0];

    /// <summary>All figures in the order of the page, those left out too.</summary>
    internal static Figure[] Draw(LiveResult result) =>
    [
        Lines(
            result, "steps", "Decode steps", LiveFindings.Steps(result),
            "The median of the steps of each second, and what the service promised of them; steps beside which weights travelled are left out.", "milliseconds",
            new Line("measured", "#0072B2", Solid, s => s.StepSeconds * 1e3), new Line("promised", "#D55E00", Dashed, s => s.PromisedSeconds * 1e3)),
        Lines(
            result, "copies", "Hidden states that cross", LiveFindings.Copies(result), "For each token and layer, there and back again.", "hidden states",
            new Line("to other ranks", "#0072B2", Solid, s => s.RankCopies), new Line("to other nodes", "#009E73", Solid, s => s.NodeCopies)),
        Lines(
            result, "crossing", "Top-1 crossing from layer to layer", LiveFindings.Crossing(result),
            "The share of tokens whose next top-1 expert is on another rank, or on another node. Here hidden states go home between layers, so that it costs "
                + "nothing and no plan spares it; it counts where they stay with their experts.", "share of tokens, %",
            new Line("ranks", "#0072B2", Solid, s => 100 * s.GpuCrossing), new Line("nodes", "#009E73", Solid, s => 100 * s.NodeCrossing)),
        Lines(
            result, "drift", "Drift", LiveFindings.Drift(result),
            "How unlike the traffic is to that which the placement was made for, as a multiple of what raises an alarm; 0 while that is learned.",
            "of what raises an alarm",
            new Line("load", "#0072B2", Solid, s => s.LoadDrift), new Line("affinity", "#D55E00", Solid, s => s.AffinityDrift)),
    ];

    private static Figure Lines(LiveResult result, string name, string topic, string? finding, string reading, string unit, params Line[] lines)
    {
        // A second without a value breaks the line.
        var values = result.Samples.SelectMany(s => lines.Select(line => new { at = s.Seconds, value = line.Of(s), kind = line.Name, epoch = s.Epoch })).ToArray();
        if (finding is null || Array.TrueForAll(values, point => point.value is null))
            return Figure.LeftOut(name, topic, "it did not come to that");
        var marks = result.Events.Where(e => Marked.Contains(e.Kind)).Select(e => new { at = e.Seconds, text = e.Kind }).ToArray();
        var x = new { field = "at", type = "quantitative", title = "seconds", scale = new { nice = false, zero = true }, axis = new { grid = false } };
        var spec = new
        {
            config = FigureStyle.Config,
            width = Width,
            height = Height,
            layer = new object[]
            {
                new
                {
                    data = new { values = marks },
                    layer = new object[]
                    {
                        new { mark = new { type = "rule", color = FigureStyle.Muted, strokeDash = new[] { 2, 3 } }, encoding = new { x } },
                        new
                        {
                            mark = new { type = "text", angle = 270, align = "right", dx = 0, dy = -7, color = FigureStyle.Muted, fontSize = 10 },
                            encoding = new { x, y = new { value = 2 }, text = new { field = "text", type = "nominal" } },
                        },
                    },
                },
                new
                {
                    data = new { values },
                    mark = new { type = "line", strokeWidth = 2 },
                    encoding = new
                    {
                        x,
                        y = new { field = "value", type = "quantitative", title = unit, scale = new { zero = true }, axis = new { tickCount = 5, domain = false, ticks = false } },
                        color = new
                        {
                            field = "kind",
                            type = "nominal",
                            scale = new { domain = lines.Select(line => line.Name), range = lines.Select(line => line.Color) },
                            legend = new { title = (string?)null, orient = "bottom", direction = "horizontal" },
                        },
                        strokeDash = new
                        {
                            field = "kind",
                            type = "nominal",
                            scale = new { domain = lines.Select(line => line.Name), range = lines.Select(line => line.Dash) },
                            legend = (object?)null,
                        },
                    },
                },
            },
        };
        var data = new Table(
            [new("seconds", "seconds", Show), new("epoch", "epoch", Show), .. lines.Select(line => new TableColumn(line.Name, line.Name.Replace(' ', '-'), Show))],
            [.. result.Samples.Select(s => (object?[])[s.Seconds, s.Epoch, .. lines.Select(line => (object?)line.Of(s))])]);
        return new Figure(name, topic, finding, reading, spec, data);

        static string Show(object? value) => value is null ? Quantity.Unknown : Quantity.General(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed record Line(string Name, string Color, int[] Dash, Func<LiveSample, double?> Of);
}
