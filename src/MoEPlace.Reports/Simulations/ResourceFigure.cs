using System.Text.Json;
using MoEPlace.Reports.Figures;

namespace MoEPlace.Reports.Simulations;

/// <summary>How busy streams and links are over the run.</summary>
internal static class ResourceFigure
{
    private const string Name = "resources";
    private const string Topic = "How busy streams and links are";
    private const int MostKinds = 12;

    internal static Figure Draw(SimulationSection section)
    {
        var used = section.Drawn.SelectMany(v => v.Result.Resources.Where(r => r.MostShare > 0).Select(r => r.Kind))
            .ToHashSet(StringComparer.Ordinal);
        string[] kinds = [.. section.Drawn.SelectMany(v => v.Result.Resources).Select(r => r.Kind).Where(used.Contains).Distinct().Take(MostKinds)];
        if (kinds.Length == 0 || section.Baseline.Result.Resources.Length == 0)
            return Figure.LeftOut(Name, Topic, "nothing was busy, or nothing was recorded");
        return new Figure(
            Name, Topic, SimulationFindings.Busy(section),
            "Bars: mean over all of a kind; marks: the busiest of the kind. For streams the share of the time in which they run, for links their "
                + "bytes over what they could have carried. A mark far from its bar is uneven work.",
            Spec(section, kinds), Data(section));
    }

    private static object Spec(SimulationSection section, string[] kinds)
    {
        // A row for each variant that has the kind, half a row between kinds.
        string[] names = [.. kinds.Select(k => PlainText.Clean(k, 40))];
        var (rows, middles, next) = (new List<object>(), new List<double>(), 0.0);
        foreach (var kind in kinds)
        {
            var first = next;
            foreach (var v in section.Drawn)
                foreach (var r in v.Result.Resources.Where(r => r.Kind == kind).Take(1))
                {
                    rows.Add(new
                    {
                        variant = v.Name,
                        kind = PlainText.Clean(kind, 40),
                        low = next + 0.08,
                        high = next + 0.92,
                        mean = r.MeanShare,
                        most = r.MostShare,
                        told = Quantity.Percent(r.MeanShare),
                        busiest = $"{Quantity.Percent(r.MostShare)}, {PlainText.Clean(r.Busiest, 40)}",
                    });
                    next++;
                }
            middles.Add((first + next) / 2);
            next += 0.5;
        }
        var tooltip = new object[]
        {
            new { field = "variant", type = "nominal" },
            new { field = "kind", type = "nominal" },
            new { field = "told", type = "nominal", title = "mean" },
            new { field = "busiest", type = "nominal", title = "busiest" },
        };
        var y = new
        {
            field = "low",
            type = "quantitative",
            title = (string?)null,
            scale = new { domain = new[] { next - 0.5, 0 }, nice = false, zero = false },
            axis = new
            {
                values = middles,
                labelExpr = $"{JsonSerializer.Serialize(names)}[indexof({JsonSerializer.Serialize(middles)}, datum.value)]",
                labelLimit = 180,
                labelOverlap = false,
                grid = false,
                domain = false,
                ticks = false,
                labelColor = FigureStyle.Ink,
            },
        };
        object X(string field) => new
        {
            field,
            type = "quantitative",
            title = "busy",
            scale = new { domain = new[] { 0, 1 } },
            axis = new { labelExpr = FigureStyle.PercentLabel(0), tickCount = 6 },
        };
        var y2 = new { field = "high" };
        return new
        {
            config = FigureStyle.Config,
            width = 560,
            height = (section.Drawn.Length > 3 ? 9 : 13) * next,
            data = new { values = rows },
            layer = new object[]
            {
                new { mark = new { type = "rect", opacity = 1 },
                    encoding = new { y, y2, x = X("mean"), x2 = new { datum = 0 }, color = VariantScale.Color(section.Drawn), tooltip } },
                new { mark = new { type = "rule", color = FigureStyle.Ink, strokeWidth = 2 },
                    encoding = new { y, y2, x = X("most"), tooltip } },
            },
        };
    }

    private static Table Data(SimulationSection section) => new(
        [
            TableColumn.Text("variant", "variant"),
            TableColumn.Text("kind", "kind"),
            TableColumn.Percent("mean", "meanShare"),
            TableColumn.Percent("busiest", "mostShare"),
            TableColumn.Text("which", "busiest"),
        ],
        [
            .. section.Variants.SelectMany(v => v.Result.Resources.Select(r => new object?[]
            {
                v.Name, PlainText.Clean(r.Kind, 40), r.MeanShare, r.MostShare, PlainText.Clean(r.Busiest, 40),
            })),
        ]);
}
