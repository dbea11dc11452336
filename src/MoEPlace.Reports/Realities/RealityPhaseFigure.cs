using MoEPlace.Reports.Figures;
using MoEPlace.Reports.Simulations;
using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>The phases of a step, measured beside simulated, for every setting.</summary>
internal static class RealityPhaseFigure
{
    private const string Name = "phases";
    private const string Topic = "Where the time of a step goes";
    private const string Measured = "measured";
    private const string Simulated = "simulated";

    internal static Figure Draw(RealityResult result) => result.Settings.Sum(s => s.Phases.Sum(p => p.MeasuredSeconds + p.SimulatedSeconds)) <= 0
        ? Figure.LeftOut(Name, Topic, "no phase was told apart")
        : new Figure(
            Name, Topic, RealityFindings.Phases(result),
            "Two bars for each setting: the upper one, in full colour, is measured on the clocks of the ranks, the lower, paler one is "
                + "simulated. Time is the mean over ranks; what a rank waits for others is part of the dispatch or combine in which it waits.",
            Spec(result), Data(result));

    private static object Spec(RealityResult result)
    {
        var unit = RealityScale.Unit(result);
        var phases = StepPhase.Of(result.Settings.SelectMany(s => s.Phases.Select(p => p.Phase)));
        var order = phases.Index().ToDictionary(p => p.Item.Name, p => p.Index, StringComparer.Ordinal);
        var values = result.Settings.SelectMany((s, number) => s.Phases.SelectMany(p => new[]
        {
            (Kind: Measured, Seconds: p.MeasuredSeconds), (Kind: Simulated, Seconds: p.SimulatedSeconds),
        }.Select(k => new
        {
            setting = Label(s, number),
            phase = phases[order[p.Phase]].Words,
            order = order[p.Phase],
            kind = k.Kind,
            value = k.Seconds * unit.PerSecond,
            told = $"{Quantity.Seconds(k.Seconds)} {k.Kind}",
        })));
        string[] kinds = [Measured, Simulated];
        return new
        {
            config = FigureStyle.Config,
            width = 520,
            height = new { step = 13 },
            data = new { values },
            mark = new { type = "bar", height = 11 },
            encoding = new
            {
                y = new
                {
                    field = "setting",
                    type = "nominal",
                    sort = result.Settings.Select((s, i) => Label(s, i)),
                    title = (string?)null,
                    axis = new { labelLimit = 300, domain = false, ticks = false, labelColor = FigureStyle.Ink },
                    scale = new { paddingInner = 0.3 },
                },
                yOffset = new { field = "kind", type = "nominal", scale = new { domain = kinds } },
                x = new
                {
                    field = "value",
                    type = "quantitative",
                    stack = "zero",
                    title = $"time of a step, {unit.Name}",
                    axis = new { tickCount = 8 },
                },
                color = new
                {
                    field = "phase",
                    type = "nominal",
                    scale = new { domain = phases.Select(p => p.Words), range = phases.Select(p => p.Color) },
                    legend = StepPhase.Legend(phases),
                },
                opacity = new { condition = new { test = $"datum.kind === '{Simulated}'", value = 0.55 }, value = 1 },
                order = new { field = "order", type = "quantitative" },
                tooltip = new object[]
                {
                    new { field = "setting", type = "nominal" }, new { field = "phase", type = "nominal" },
                    new { field = "told", type = "nominal", title = "mean over ranks" },
                },
            },
        };
    }

    /// <summary>Names may be cut alike: the number keeps settings apart.</summary>
    private static string Label(RealitySetting setting, int number) => $"{number + 1}. {RealityFindings.Label(setting)}";

    private static Table Data(RealityResult result) => new(
        [
            TableColumn.Text("setting", "setting"),
            TableColumn.Text("phase", "phase"),
            StepFigure.Time("measured", "measuredSeconds"),
            StepFigure.Time("simulated", "simulatedSeconds"),
            new("of the measured step", "measuredShare", v => Quantity.Percent((double?)v)),
            new("off by, of the step", "errorShare", v => StepFigure.Signed((double)v!), Hint: "Simulated minus measured, over the measured step."),
        ],
        [
            .. result.Settings.SelectMany((s, i) => s.Phases.Select(p => new object?[]
            {
                Label(s, i), PlainText.Clean(p.Phase, 40), p.MeasuredSeconds, p.SimulatedSeconds, p.MeasuredSeconds / s.MeasuredSeconds,
                (p.SimulatedSeconds - p.MeasuredSeconds) / s.MeasuredSeconds,
            })),
        ]);
}
