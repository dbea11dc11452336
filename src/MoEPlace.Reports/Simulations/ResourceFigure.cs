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
        var values = section.Drawn.SelectMany(v => v.Result.Resources.Where(r => kinds.Contains(r.Kind)).Select(r => new
        {
            variant = v.Name,
            kind = PlainText.Clean(r.Kind, 40),
            mean = r.MeanShare,
            most = r.MostShare,
            told = Quantity.Percent(r.MeanShare),
            busiest = $"{Quantity.Percent(r.MostShare)}, {PlainText.Clean(r.Busiest, 40)}",
        })).ToArray();
        var thick = section.Drawn.Length > 3 ? 7 : 11;
        var tooltip = new object[]
        {
            new { field = "variant", type = "nominal" },
            new { field = "told", type = "nominal", title = "mean" },
            new { field = "busiest", type = "nominal", title = "busiest" },
        };
        var y = new
        {
            field = "kind",
            type = "nominal",
            sort = kinds.Select(k => PlainText.Clean(k, 40)),
            title = (string?)null,
            axis = new { labelLimit = 180, domain = false, ticks = false, labelColor = FigureStyle.Ink },
            scale = new { paddingInner = 0.3 },
        };
        var offset = new { field = "variant", type = "nominal", scale = new { domain = section.Drawn.Select(v => v.Name) } };
        object X(string field) => new
        {
            field,
            type = "quantitative",
            title = "busy",
            scale = new { domain = new[] { 0, 1 } },
            axis = new { labelExpr = FigureStyle.PercentLabel(0), tickCount = 6 },
        };
        return new
        {
            config = FigureStyle.Config,
            width = 560,
            height = new { step = thick + 2 },
            data = new { values },
            layer = new object[]
            {
                new { mark = new { type = "bar", height = thick },
                    encoding = new { y, yOffset = offset, x = X("mean"), color = VariantScale.Color(section.Drawn), tooltip } },
                new { mark = new { type = "tick", color = FigureStyle.Ink, thickness = 2, height = thick, opacity = 1 },
                    encoding = new { y, yOffset = offset, x = X("most"), tooltip } },
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
