using System.Text.Json;
using MoEPlace.Reports.Figures;

namespace MoEPlace.Reports.Simulations;

/// <summary>The rows of one variant over time.</summary>
internal static class TimelinePanel
{
    internal const int Width = 640;

    /// <summary>The specification.</summary>
    /// <param name="rows">Of the variant.</param>
    /// <param name="bars">Anonymous objects with row, from, to in the unit of the axis, phase, told; low and high, of the row's height.</param>
    /// <param name="marks">Layers that begin: at what time, and their name.</param>
    /// <param name="phases">Of the legend.</param>
    /// <param name="axis">The title of the time axis, its length, and whether it is drawn below this panel.</param>
    /// <param name="height">Of a row, pixels.</param>
    internal static object Spec(
        TimelineRows rows, object[] bars, (double At, string Name)[] marks, StepPhase[] phases, (string Title, double Most, bool Drawn) axis,
        int height)
    {
        object X(string field) => new
        {
            field,
            type = "quantitative",
            title = axis.Drawn ? axis.Title : null,
            scale = new { domain = new[] { 0, axis.Most }, nice = false },
            axis = new { grid = false, labels = axis.Drawn, ticks = axis.Drawn, tickCount = 8 },
        };
        var y = new
        {
            field = "low",
            type = "quantitative",
            title = (string?)null,
            scale = new { domain = new[] { rows.Names.Length, 0 }, nice = false, zero = false },
            axis = new
            {
                values = Enumerable.Range(0, rows.Names.Length).Select(i => i + 0.5),
                labelExpr = $"{JsonSerializer.Serialize(rows.Names)}[floor(datum.value)]",
                labelLimit = 190,
                labelColor = FigureStyle.Ink,
                labelFontSize = 10,
                labelOverlap = false,
                grid = false,
                domain = false,
                ticks = false,
            },
        };
        var step = rows.Variant.Step is { } seconds ? $": a step takes {Quantity.Seconds(seconds)}" : "";
        return new
        {
            title = new { text = rows.Variant.Name + step, fontSize = 12, fontWeight = "normal", offset = 6 },
            width = Width,
            height = height * rows.Names.Length,
            layer = new object[]
            {
                Marks(marks, X("at")),
                new
                {
                    data = new { values = bars },
                    mark = new { type = "rect", opacity = 1 },
                    encoding = new
                    {
                        x = X("from"),
                        x2 = new { field = "to" },
                        y,
                        y2 = new { field = "high" },
                        color = new
                        {
                            field = "phase",
                            type = "nominal",
                            scale = new { domain = phases.Select(p => p.Words), range = phases.Select(p => p.Color) },
                            legend = StepPhase.Legend(phases),
                        },
                        stroke = new
                        {
                            condition = new { test = $"datum.phase === '{StepPhase.Waiting}'", value = FigureStyle.Muted },
                            value = (string?)null,
                        },
                        strokeWidth = new { value = 0.5 },
                        tooltip = new object[]
                        {
                            new { field = "phase", type = "nominal" }, new { field = "told", type = "nominal", title = "this" },
                        },
                    },
                },
            },
        };
    }

    /// <summary>Where layers begin.</summary>
    private static object Marks((double At, string Name)[] marks, object x)
    {
        var values = marks.Select(m => new { at = m.At, name = m.Name });
        return new
        {
            data = new { values },
            encoding = new { x },
            layer = new object[]
            {
                new { mark = new { type = "rule", color = FigureStyle.Muted, strokeWidth = 0.7, strokeDash = new[] { 3, 3 } } },
                new
                {
                    mark = new { type = "text", align = "left", dx = 2, fontSize = 10, color = FigureStyle.Muted, baseline = "bottom" },
                    encoding = new { text = new { field = "name", type = "nominal" }, y = new { value = -2 } },
                },
            },
        };
    }
}
