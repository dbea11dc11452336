namespace MoEPlace.Reports.Figures;

/// <summary>Which share of tokens changes GPU, between each layer and the next.</summary>
internal static class CrossingFigure
{
    private const string Name = "crossing";
    private const string Topic = "Crossing by layer";

    internal static Figure Draw(ReportSection section)
    {
        if (section.Layers == 1)
            return Figure.LeftOut(Name, Topic, "there is one MoE layer, so nothing lies between layers");
        if (section.Ranks == 1)
            return Figure.LeftOut(Name, Topic, "there is one GPU, so nothing can cross");
        DrawnPlacement[] shown = [.. section.Drawn.Where(p => !p.Detail.GpuCrossingByLayer.IsEmpty)];
        if (shown.Length == 0)
            return Figure.LeftOut(Name, Topic, "the trace does not tell which expert a token chose first, so crossing is unknown");
        return new Figure(
            Name, Topic, Findings.Crossing(section),
            "The share of tokens whose first-choice experts in two adjacent layers sit on different GPUs; lower is better. "
                + "Thick: the baseline and the best placement."
                + NotShown(section, shown),
            Spec(section, shown), Data(section));
    }

    private static string NotShown(ReportSection section, DrawnPlacement[] shown)
    {
        DrawnPlacement[] missing = [.. section.Drawn.Except(shown)];
        return (missing.Length == 0 ? "" : $" Unknown for {string.Join(", ", missing.Select(p => p.Name))}.")
            + (section.Placements.Length == section.Drawn.Length ? ""
                : $" {section.Drawn.Length} of {section.Placements.Length} placements are drawn; the table has all.");
    }

    private static object Spec(ReportSection section, DrawnPlacement[] shown)
    {
        var values = shown.SelectMany(p => p.Detail.GpuCrossingByLayer.Select((share, layer) => new
        {
            placement = p.Name,
            layer,
            share,
            told = Quantity.Percent(share),
            between = $"{layer} → {layer + 1}",
            weight = p == section.Best || p == section.Baseline ? 2.8 : 1.4,
        })).ToArray();
        var domain = shown.Select(p => p.Name).ToArray();
        var legend = new
        {
            title = (string?)null,
            orient = "bottom",
            columns = shown.Max(p => p.Name.Length) > 28 ? 2 : 3,
            symbolStrokeWidth = 0,
            symbolSize = 90
        };
        object Scale(object range) => new { field = "placement", type = "nominal", legend, scale = new { domain, range } };
        var color = Scale(shown.Select(p => p.Color).ToArray());
        var faded = new { condition = new { param = "picked", value = 1 }, value = 0.15 };
        var x = Between(section.Layers);
        var y = new
        {
            field = "share",
            type = "quantitative",
            title = "tokens that change GPU",
            scale = new { domainMin = 0, domainMax = Math.Max(0.05, Math.Ceiling(values.Max(v => v.share) * 10) / 10) },
            axis = new { labelExpr = FigureStyle.PercentLabel(0), tickCount = 6, domain = false, ticks = false },
        };
        var strokeWidth = new { field = "weight", type = "quantitative", scale = (object?)null, legend = (object?)null };
        return new
        {
            config = FigureStyle.Config,
            width = 590,
            height = 280,
            data = new { values },
            encoding = new { x, y, color, opacity = faded },
            layer = new object[]
            {
                new { mark = new { type = "line" },
                    encoding = new { strokeDash = Scale(shown.Select(p => p.Dash).ToArray()), strokeWidth } },
                new
                {
                    @params = new[] { new { name = "picked", select = new { type = "point", fields = new[] { "placement" } },
                        bind = "legend" } },
                    mark = new { type = "point", filled = true, size = 50, opacity = 1 },
                    encoding = new
                    {
                        shape = Scale(shown.Select(p => p.Shape).ToArray()),
                        tooltip = new object[]
                        {
                            new { field = "placement", type = "nominal" },
                            new { field = "between", type = "nominal", title = "between layers" },
                            new { field = "told", type = "nominal", title = "change GPU" },
                        },
                    },
                },
            },
        };
    }

    private static object Between(int layers) => new
    {
        field = "layer",
        type = "quantitative",
        title = "between MoE layers",
        scale = new { domain = new[] { -0.15, layers - 2 + 0.15 }, nice = false },
        axis = new
        {
            grid = false,
            tickMinStep = 1,
            labelExpr = "datum.value + '→' + (datum.value + 1)",
            tickCount = Math.Min(layers - 1, 20)
        },
    };

    private static Table Data(ReportSection section)
    {
        TableColumn[] columns =
        [
            TableColumn.Text("between layers", "layers"),
            .. section.Placements.Select(p => TableColumn.Percent(p.Name, p.Name)),
        ];
        var rows = Enumerable.Range(0, section.Layers - 1).Select(layer => section.Placements
            .Select(p => p.Detail.GpuCrossingByLayer.IsEmpty ? null : (object?)p.Detail.GpuCrossingByLayer[layer])
            .Prepend($"{layer} → {layer + 1}").ToArray());
        return new Table(columns, [.. rows]);
    }
}
