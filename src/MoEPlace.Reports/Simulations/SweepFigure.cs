using MoEPlace.Reports.Figures;

namespace MoEPlace.Reports.Simulations;

/// <summary>The step of every variant over the points of a sweep: results of one scenario.</summary>
internal static class SweepFigure
{
    private const string Name = "sweep";

    /// <summary>The figure of one scenario.</summary>
    /// <param name="points">Its results in their order, two or more.</param>
    internal static Figure Draw(SimulationSection[] points)
    {
        var topic = $"Over the points of {PlainText.Clean(points[0].Result.Scenario, 60)}";
        var names = Names(points);
        var measured = points.SelectMany((p, i) => p.Variants.Where(v => v.Step is not null).Select(v => (Point: names[i], Variant: v))).ToArray();
        if (measured.Length == 0)
            return Figure.LeftOut(Name, PlainText.Html(topic), "no step was measured");
        DrawnVariant[] variants = [.. measured.Select(m => m.Variant).DistinctBy(v => v.Name).Take(8)];
        var unit = TimeUnit.For(measured.Max(m => m.Variant.Step!.Value));
        var best = measured.MinBy(m => m.Variant.Step!.Value);
        var worst = measured.MaxBy(m => m.Variant.Step!.Value);
        return new Figure(
            Name, PlainText.Html(topic),
            $"The shortest step is {Quantity.Seconds(best.Variant.Step)} ({best.Variant.Name}, {best.Point}), "
                + $"the longest {Quantity.Seconds(worst.Variant.Step)} ({worst.Variant.Name}, {worst.Point})",
            "Mean time of a step at every point of the sweep. Lower is better.",
            Spec([.. measured.Where(m => variants.Any(v => v.Name == m.Variant.Name))], variants, names, unit),
            new Table(
                [
                    TableColumn.Text("point", "point"),
                    TableColumn.Text("variant", "variant"),
                    .. SimulatedMeasures.All.Select(m => new TableColumn(m.Title, m.Key, v => m.Show((double?)v), Hint: m.Meaning)),
                ],
                [
                    .. measured.Select(m => (object?[])
                        [m.Point, m.Variant.Name, .. SimulatedMeasures.All.Select(s => (object?)m.Variant.Measure(s.Key))]),
                ]).WithoutUnknown());
    }

    private static object Spec((string Point, DrawnVariant Variant)[] measured, DrawnVariant[] variants, string[] names, TimeUnit unit) => new
    {
        config = FigureStyle.Config,
        width = 590,
        height = 280,
        data = new
        {
            values = measured.Select(m => new
            {
                point = m.Point,
                variant = m.Variant.Name,
                value = m.Variant.Step!.Value * unit.PerSecond,
                told = Quantity.Seconds(m.Variant.Step),
            }),
        },
        mark = new { type = "line", strokeWidth = 2, point = new { filled = true, size = 45 } },
        encoding = new
        {
            x = new
            {
                field = "point",
                type = "ordinal",
                sort = names,
                title = (string?)null,
                axis = new { grid = false, labelAngle = names.Max(n => n.Length) > 60 / names.Length ? -35 : 0, labelLimit = 200 },
            },
            y = new
            {
                field = "value",
                type = "quantitative",
                title = $"step, {unit.Name}",
                scale = new { zero = true },
                axis = new { tickCount = 6, domain = false, ticks = false },
            },
            color = VariantScale.Color(variants),
            strokeDash = VariantScale.Dash(variants),
            tooltip = new object[]
            {
                new { field = "point", type = "nominal" }, new { field = "variant", type = "nominal" },
                new { field = "told", type = "nominal", title = "step" },
            },
        },
    };

    /// <summary>What differs: the titles, or the first trait of the baseline that is another at every point; else numbers.</summary>
    private static string[] Names(SimulationSection[] points)
    {
        Func<SimulationSection, string>[] traits =
        [
            p => PlainText.Clean(p.Result.Title, 120),
            p => SimulationSection.Shape(p.Baseline.Result),
            p => $"{Quantity.Count(p.Baseline.Result.TokensPerStep)} tokens",
            p => PlainText.Clean(p.Baseline.Result.Cluster, 60),
            p => PlainText.Clean(p.Baseline.Result.Placement, 60),
            p => PlainText.Clean(p.Baseline.Result.Schedule, 120),
            p => $"seed {p.Result.Seed}",
        ];
        foreach (var trait in traits)
        {
            string[] names = [.. points.Select(trait)];
            var common = Common(names);
            names = [.. names.Select(n => PlainText.Clean(n[common..], 32))];
            if (names.All(n => n.Length > 0) && names.Distinct().Count() == names.Length)
                return names;
        }
        return [.. points.Select((_, i) => $"{i + 1}")];
    }

    /// <summary>How much of their beginning all have in common, up to a space.</summary>
    private static int Common(string[] names)
    {
        var common = 0;
        while (Array.TrueForAll(names, n => n.Length > common && n[common] == names[0][common]))
            common++;
        while (common > 0 && names[0][common - 1] != ' ')
            common--;
        return common;
    }
}
