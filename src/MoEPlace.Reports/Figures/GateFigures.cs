using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Reports.Figures;

/// <summary>Curves over the steps of training, one line for each gate.</summary>
internal static class GateFigures
{
    private static readonly string[] Colors =
        ["#0b6e99", "#c2571a", "#2f7d32", "#8e3b8a", "#b59a00", "#5c6bc0", "#ad1457", "#00897b", "#6d4c41"];

    /// <summary>All figures, in the order of the page.</summary>
    internal static Figure[] Draw(GateStudy study)
    {
        var last = study.Curves.Select(c => (c.Gate, First: c.Points[0], Last: c.Points[^1])).ToArray();
        var most = last.MaxBy(c => c.Last.AffinityBits);
        var saved = last.MaxBy(c => 1 - c.Last.AffinityCrossing / Math.Max(c.Last.ContiguousCrossing, 1e-12));
        var least = last.MinBy(c => c.Last.Loss);
        return
        [
            new Figure(
                "affinity", "How affinity grows", string.Create(
                    CultureInfo.InvariantCulture,
                    $"Affinity is strongest with {most.Gate}: {most.First.AffinityBits:F2} bits at step {most.First.Step}, "
                    + $"{most.Last.AffinityBits:F2} at step {most.Last.Step}"),
                "Mutual information of the top-1 experts of adjacent layers, less what chance gives. "
                    + "Higher means that the expert of one layer tells more of "
                    + "the expert of the next, which is what a placement uses.",
                Spec(study, "bits", p => p.AffinityBits), Data(study)),
            new Figure(
                "crossing", "What placement makes of it", string.Create(
                    CultureInfo.InvariantCulture,
                    $"Placement saves most with {saved.Gate}: {saved.Last.ContiguousCrossing:P1} of pairs cross GPUs under contiguous "
                    + $"placement, {saved.Last.AffinityCrossing:P1} under affinity"),
                "Share of the crossings of contiguous placement that is left under a placement solved on other "
                    + "sequences of the same recording. Lower is better. Experts that are used unevenly (last column of the data) lower it too.",
                Spec(study, "crossings left, share of contiguous", p => p.AffinityCrossing / Math.Max(p.ContiguousCrossing, 1e-12)),
                Data(study)),
            new Figure(
                "loss", "What it costs in loss",
                FormattableString.Invariant($"The lowest held-out loss is that of {least.Gate}: {least.Last.Loss:F3} nats per byte"),
                "Cross entropy of the next byte on text that is held out. Lower is better. "
                    + "A gate that sees later tokens (expert_choice) is not comparable.",
                Spec(study, "nats per byte", p => p.Loss), Data(study)),
        ];
    }

    private static object Spec(GateStudy study, string title, Func<GatePoint, double> value)
    {
        var values = study.Curves.SelectMany(c => c.Points.Select(p => new { gate = c.Gate, step = p.Step, value = value(p) })).ToArray();
        string[] domain = [.. study.Curves.Select(c => c.Gate)];
        var range = domain.Select((_, i) => Colors[i % Colors.Length]).ToArray();
        return new
        {
            config = FigureStyle.Config,
            width = 590,
            height = 280,
            data = new { values },
            mark = new { type = "line", strokeWidth = 2, point = new { filled = true, size = 40 } },
            encoding = new
            {
                x = new { field = "step", type = "quantitative", title = "steps of training", axis = new { grid = false } },
                y = new { field = "value", type = "quantitative", title, axis = new { tickCount = 6, domain = false, ticks = false } },
                color = new { field = "gate", type = "nominal", title = "gate", scale = new { domain, range } },
            },
        };
    }

    private static Table Data(GateStudy study) => new(
        [
            TableColumn.Text("gate", "gate"),
            TableColumn.Count("step", "step"),
            TableColumn.Ratio("held-out loss", "loss", 3),
            TableColumn.Ratio("affinity, bits", "bits", 3),
            TableColumn.Percent("crossing, contiguous", "contiguous"),
            TableColumn.Percent("crossing, affinity", "affinity"),
            TableColumn.Ratio("busiest expert over mean", "imbalance", 2),
        ],
        [
            .. study.Curves.SelectMany(c => c.Points.Select(p => new object?[]
            {
                c.Gate, p.Step, p.Loss, p.AffinityBits, p.ContiguousCrossing, p.AffinityCrossing, p.Imbalance,
            })),
        ]);
}
