using MoEPlace.Reports.Figures;

namespace MoEPlace.Reports.Simulations;

/// <summary>Where the time of a step goes: what each phase exposes, and what is hidden behind computation.</summary>
internal static class PhaseFigure
{
    private const string Name = "phases";
    private const string Topic = "Where the time of a step goes";
    private const string Exposed = "exposed";
    private const string Hidden = "hidden";

    internal static Figure Draw(SimulationSection section)
    {
        var most = section.Drawn.Max(v => Math.Max(v.Step ?? 0, v.Result.Phases.Sum(p => p.ExposedSeconds)));
        if (most <= 0)
            return Figure.LeftOut(Name, Topic, "no phase took any time");
        return new Figure(
            Name, Topic, SimulationFindings.Exposed(section),
            "Thick bars: time that counts, mean over ranks: computation, and of exchanges and waiting what no computation of the same rank runs "
                + "beside; of several at once only the first of dispatch, combine, context, gradient, loading and waiting counts. Thin bars below "
                + "them: what is hidden behind computation or behind another. The upright mark is the step; where it stands right of the bar, nothing ran for the rest.",
            Spec(section, TimeUnit.For(most)), Data(section));
    }

    private static object Spec(SimulationSection section, TimeUnit unit)
    {
        var phases = StepPhase.Of(section.Drawn.SelectMany(v => v.Result.Phases.Where(p => p.BusySeconds > 0).Select(p => p.Phase)));
        var rank = phases.Index().ToDictionary(p => p.Item.Name, p => p.Index, StringComparer.Ordinal);
        var values = section.Drawn.SelectMany(v => v.Result.Phases.Where(p => rank.ContainsKey(p.Phase)).SelectMany(p => new[]
        {
            (Kind: Exposed, Seconds: p.ExposedSeconds),
            (Kind: Hidden, Seconds: Math.Max(0, p.BusySeconds - p.ExposedSeconds)),
        }.Where(k => k.Seconds > 0).Select(k => new
        {
            variant = v.Name,
            phase = phases[rank[p.Phase]].Words,
            order = rank[p.Phase],
            kind = k.Kind,
            value = k.Seconds * unit.PerSecond,
            told = $"{Quantity.Seconds(k.Seconds)} {k.Kind}",
            most = Quantity.Seconds(p.MostSeconds),
        }))).ToArray();
        var steps = section.Drawn.Where(v => v.Step is not null)
            .Select(v => new { variant = v.Name, value = v.Step!.Value * unit.PerSecond, kind = Exposed, told = Quantity.Seconds(v.Step) });
        var y = new
        {
            field = "variant",
            type = "nominal",
            sort = section.Drawn.Select(v => v.Name),
            title = (string?)null,
            axis = new { labelLimit = 180, domain = false, ticks = false, labelColor = FigureStyle.Ink },
            scale = new { paddingInner = 0.25 },
        };
        string[] kinds = values.Any(v => v.kind == Hidden) ? [Exposed, Hidden] : [Exposed];
        var offset = new { field = "kind", type = "nominal", scale = new { domain = kinds } };
        var color = new
        {
            field = "phase",
            type = "nominal",
            scale = new { domain = phases.Select(p => p.Words), range = phases.Select(p => p.Color) },
            legend = StepPhase.Legend(phases),
        };
        object Bars(string kind, int height, double opacity) => new
        {
            transform = new[] { new { filter = $"datum.kind === '{kind}'" } },
            mark = new { type = "bar", height, opacity },
            encoding = new
            {
                y,
                yOffset = offset,
                x = new { field = "value", type = "quantitative", stack = "zero", title = $"time of a step, {unit.Name}" },
                color,
                order = new { field = "order", type = "quantitative" },
                stroke = new
                {
                    condition = new { test = $"datum.phase === '{StepPhase.Waiting}'", value = FigureStyle.Muted },
                    value = (string?)null,
                },
                tooltip = new object[]
                {
                    new { field = "variant", type = "nominal" },
                    new { field = "phase", type = "nominal" },
                    new { field = "told", type = "nominal", title = "mean over ranks" },
                    new { field = "most", type = "nominal", title = "busiest rank, all of it" },
                },
            },
        };
        return new
        {
            config = FigureStyle.Config,
            width = 560,
            height = new { step = kinds.Length == 1 ? 20 : 14 },
            layer = new object[]
            {
                new { data = new { values }, layer = kinds.Select(kind => kind == Exposed ? Bars(kind, 14, 1) : Bars(kind, 6, 0.75)) },
                new
                {
                    data = new { values = steps },
                    mark = new { type = "tick", color = FigureStyle.Ink, thickness = 2, height = 18, opacity = 1 },
                    encoding = new
                    {
                        y,
                        yOffset = offset,
                        x = new { field = "value", type = "quantitative" },
                        tooltip = new object[]
                        {
                            new { field = "variant", type = "nominal" }, new { field = "told", type = "nominal", title = "step" },
                        },
                    },
                },
            },
        };
    }

    private static Table Data(SimulationSection section) => new(
        [
            TableColumn.Text("variant", "variant"),
            TableColumn.Text("phase", "phase"),
            new("exposed", "exposedSeconds", v => Quantity.Seconds((double?)v)),
            new("all of it, mean over ranks", "busySeconds", v => Quantity.Seconds((double?)v)),
            new("busiest rank", "mostSeconds", v => Quantity.Seconds((double?)v)),
            new("of the step, exposed", "exposedShare", v => Quantity.Percent((double?)v)),
        ],
        [
            .. section.Variants.SelectMany(v => v.Result.Phases.Select(p => new object?[]
            {
                v.Name, PlainText.Clean(p.Phase, 40), p.ExposedSeconds, p.BusySeconds, p.MostSeconds,
                v.Step > 0 ? p.ExposedSeconds / v.Step : null,
            })),
        ]);
}
