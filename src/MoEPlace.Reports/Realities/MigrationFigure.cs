using MoEPlace.Reports.Figures;
using MoEPlace.Reports.Simulations;
using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>Every step of a run in whose middle experts move.</summary>
internal static class MigrationFigure
{
    private const string Name = "migration";
    private const string Topic = "Steps while experts move";
    private const string With = "weights travel beside it";
    private const string Without = "nothing beside it";

    private static readonly int[] Dashed = [5, 3], Solid = [1, 0];

    private const int Height = 320;

    /// <summary>From 0 to the top of the axis, beside the highest point or line.</summary>
    private const double RoomAbove = 1.05;

    /// <summary>Pixels from the middle of one label to that of the next, at least.</summary>
    internal const double LeastGap = 14;

    /// <summary>Steps beyond this are left to the data.</summary>
    private const int MostDrawn = 2_000;

    internal static Figure Draw(RealityMigration? migration) => migration is null
        ? Figure.LeftOut(Name, Topic, "no migration was tried")
        : new Figure(
            Name, Topic, RealityFindings.Migration(migration),
            "Each point is a step, in the order in which they ran; upright lines are steps at which all ranks switched to another "
                + "placement. The dashed lines are the times that 19 of 20 steps of each kind stay under; the solid one is what is allowed "
                + "while experts move: 1.2 times that without, and "
                + $"the bytes that may travel beside a step over the speed of the link ({Quantity.Bytes(migration.BytesPerStep)} at "
                + $"{Quantity.Bytes(migration.LinkBytesPerSecond)}/s, {PlainText.Clean(migration.Link, 40)})."
                + (migration.StepSeconds.Length > MostDrawn ? $" The first {Quantity.Count(MostDrawn)} steps are drawn; the CSV has all." : ""),
            Spec(migration), Data(migration));

    private static object Spec(RealityMigration m)
    {
        var drawn = Math.Min(m.StepSeconds.Length, MostDrawn);
        var unit = TimeUnit.For(m.StepSeconds.Take(drawn).Max());
        string[] kinds = [Without, With];
        var values = Enumerable.Range(0, drawn).Select(i => new
        {
            step = i + 1,
            value = m.StepSeconds[i] * unit.PerSecond,
            kind = m.Moving[i] ? With : Without,
            told = Quantity.Seconds(m.StepSeconds[i]),
            epoch = m.Epoch[i],
        });
        var lines = new[]
        {
            (Seconds: m.StepSecondsP95(moving: false), Text: "19 of 20 without", Color: "#7A7F85", Dash: Dashed),
            (Seconds: m.StepSecondsP95(moving: true), Text: "19 of 20 while experts move", Color: "#D55E00", Dash: Dashed),
            (Seconds: m.AllowedSeconds(), Text: "allowed", Color: "#009E73", Dash: Solid),
        }.Where(line => line.Seconds > 0).ToArray();
        var top = RoomAbove * Math.Max(m.StepSeconds.Take(drawn).Max(), lines.Max(line => line.Seconds));
        double[] heights = [.. lines.Select(line => line.Seconds / top * Height)];
        var labels = Apart(heights);
        var switches = Enumerable.Range(1, Math.Max(0, drawn - 1)).Where(i => m.Epoch[i] != m.Epoch[i - 1]).Select(i => new { step = i + 0.5 });
        var x = new
        {
            field = "step",
            type = "quantitative",
            title = "step",
            scale = new { domain = new[] { 0, drawn + 1 }, nice = false },
            axis = new { grid = false, tickMinStep = 1 },
        };
        var y = new
        {
            field = "value",
            type = "quantitative",
            title = $"time of the step, {unit.Name}",
            scale = new { domain = new[] { 0, top * unit.PerSecond }, nice = false },
            axis = new { tickCount = 6, domain = false, ticks = false },
        };
        return new
        {
            config = FigureStyle.Config,
            width = 590,
            height = Height,
            layer = (object[])
            [
                new
                {
                    data = new { values = switches },
                    mark = new { type = "rule", color = FigureStyle.Muted, strokeWidth = 1, opacity = 0.6 },
                    encoding = new { x },
                },
                new
                {
                    data = new { values },
                    mark = new { type = "point", filled = true, size = 22, opacity = 0.85 },
                    encoding = new
                    {
                        x,
                        y,
                        color = new
                        {
                            field = "kind",
                            type = "nominal",
                            scale = new { domain = kinds, range = new[] { "#7A7F85", "#D55E00" } },
                            legend = RealityScale.Legend(2),
                        },
                        tooltip = new object[]
                        {
                            new { field = "step", type = "quantitative" }, new { field = "told", type = "nominal", title = "time" },
                            new { field = "kind", type = "nominal", title = "beside" },
                            new { field = "epoch", type = "quantitative", title = "epoch" },
                        },
                    },
                },
                .. lines.Select((line, i) => Line(
                    line.Seconds * unit.PerSecond, $"{line.Text}, {Quantity.Seconds(line.Seconds)}", line.Color, line.Dash,
                    heights[i] - labels[i], drawn)),
            ],
        };
    }

    /// <summary>Where labels of lines stand: at their line, or so far from the one in the middle that none covers another.</summary>
    /// <param name="heights">Of at most three lines, in pixels.</param>
    /// <returns>In the same order.</returns>
    internal static double[] Apart(double[] heights)
    {
        int[] order = [.. Enumerable.Range(0, heights.Length).OrderBy(i => heights[i])];
        var placed = (double[])heights.Clone();
        var middle = (order.Length - 1) / 2;
        for (var i = middle + 1; i < order.Length; i++)
            placed[order[i]] = Math.Max(placed[order[i]], placed[order[i - 1]] + LeastGap);
        for (var i = middle - 1; i >= 0; i--)
            placed[order[i]] = Math.Min(placed[order[i]], placed[order[i + 1]] - LeastGap);
        return placed;
    }

    private static object Line(double value, string text, string color, int[] strokeDash, double dy, int steps)
    {
        var y = new { field = "value", type = "quantitative" };
        return new
        {
            data = new { values = new[] { new { value, text, at = steps + 1 } } },
            layer = new object[]
            {
                new { mark = new { type = "rule", color, strokeWidth = 2, strokeDash }, encoding = new { y } },
                new
                {
                    mark = new { type = "text", align = "left", dx = 6, dy, color = FigureStyle.Ink },
                    encoding = new { y, x = new { field = "at", type = "quantitative" }, text = new { field = "text", type = "nominal" } },
                },
            },
        };
    }

    private static Table Data(RealityMigration m) => new(
        [
            TableColumn.Count("step", "step"),
            StepFigure.Time("time", "seconds"),
            TableColumn.Text("beside it", "moving"),
            TableColumn.Count("epoch", "epoch"),
        ],
        [.. m.StepSeconds.Select((seconds, i) => new object?[] { i + 1, seconds, m.Moving[i] ? With : Without, m.Epoch[i] })]);
}
