namespace MoEPlace.Reports.Figures;

/// <summary>How evenly the GPUs are loaded, before and after.</summary>
internal static class LoadFigure
{
    private const string Name = "load";
    private const string Topic = "Load per GPU, before and after";

    internal static Figure Draw(ReportSection section)
    {
        if (section.Ranks == 1)
            return Figure.LeftOut(Name, Topic, "there is one GPU, which carries everything");
        DrawnPlacement[] shown = section.Compares ? [section.Baseline, section.Best] : [section.Best];
        var loads = shown.Select(p => Relative(p, section.Ranks)).ToArray();
        if (Array.Exists(loads, l => l.Length == 0))
            return Figure.LeftOut(Name, Topic, "no layer has any load");
        var panels = shown.Select((p, i) => Panel(section, p, loads[i], loads.Max(Worst), i)).ToArray();
        return new Figure(
            Name, Topic, Findings.Load(section, Worst(loads[^1]), Worst(loads[0])),
            "Load is the number of (token, expert) pairs that a GPU computes, over the mean of all GPUs in that layer: 1 is even. "
                + "Bars give the mean over layers, thin lines reach from the least to the most loaded layer. "
                + "In every layer all others wait for the busiest GPU.",
            new { config = FigureStyle.Config, hconcat = panels, spacing = 24 }, Data(section, shown, loads));
    }

    /// <summary>[layer with load][rank] load over the mean of all ranks.</summary>
    internal static double[][] Relative(DrawnPlacement placement, int ranks) =>
    [
        .. placement.Detail.LoadByLayerAndRank
            .Select(layer => (Layer: layer, Mean: layer.Sum(v => (double)v) / ranks))
            .Where(l => l.Mean > 0)
            .Select(l => l.Layer.Select(v => v / l.Mean).ToArray()),
    ];

    /// <summary>The busiest rank over the mean, in the worst layer.</summary>
    internal static double Worst(double[][] relative) => relative.Max(layer => layer.Max());

    private static object Panel(ReportSection section, DrawnPlacement placement, double[][] load, double most, int index)
    {
        var values = Enumerable.Range(0, section.Ranks).Select(rank => new
        {
            gpu = rank,
            node = rank / section.Result.RanksPerNode,
            mean = load.Average(l => l[rank]),
            least = load.Min(l => l[rank]),
            most = load.Max(l => l[rank]),
        }).ToArray();
        var tooltip = new object[]
        {
            new { field = "gpu", type = "quantitative", title = "GPU" },
            new { field = "node", type = "quantitative", title = "node" },
            new { field = "mean", type = "quantitative", title = "mean over layers", format = ".2f" },
            new { field = "least", type = "quantitative", title = "least loaded layer", format = ".2f" },
            new { field = "most", type = "quantitative", title = "most loaded layer", format = ".2f" },
        };
        var gpu = new { field = "gpu", type = "ordinal", title = "GPU (rank)", axis = new { labelAngle = 0, grid = false } };
        object Load(string field) => new
        {
            field,
            type = "quantitative",
            title = index == 0 ? "load ÷ mean of all GPUs" : null,
            scale = new { domain = new[] { 0, most * 1.04 } },
            axis = new { tickCount = 6, domain = false, ticks = false },
        };
        var width = section.Compares ? 285 : 590;
        var bar = Math.Min(16, 0.75 * width / section.Ranks);
        return new
        {
            title = new
            {
                text = (section.Compares ? index == 0 ? "before: " : "after: " : "") + placement.Name,
                fontSize = 12,
                fontWeight = "normal",
                offset = 6
            },
            width,
            height = 230,
            data = new { values },
            layer = new object[]
            {
                new { mark = new { type = "bar", color = placement.Color, width = bar },
                    encoding = new { x = gpu, y = Load("mean"), tooltip } },
                new { mark = new { type = "rule", color = FigureStyle.Ink, strokeWidth = bar < 8 ? 0.5 : 1 },
                    encoding = new { x = gpu, y = Load("least"), y2 = new { field = "most" }, tooltip } },
                new { mark = new { type = "tick", color = FigureStyle.Ink, opacity = 1, thickness = 2, width = bar * 0.75 },
                    encoding = new { x = gpu, y = Load("most"), tooltip } },
                new { data = new { values = new[] { new { even = 1 } } },
                    mark = new { type = "rule", color = FigureStyle.Muted, strokeDash = new[] { 4, 3 } },
                    encoding = new { y = Load("even") } },
            },
        };
    }

    private static Table Data(ReportSection section, DrawnPlacement[] shown, double[][][] loads)
    {
        var columns = new List<TableColumn> { TableColumn.Count("GPU", "rank"), TableColumn.Count("node", "node") };
        for (var i = 0; i < shown.Length; i++)
        {
            var (when, key) = !section.Compares ? ("", "") : i == 0 ? ("before, ", "before") : ("after, ", "after");
            columns.Add(TableColumn.Ratio($"{when}{shown[i].Name}: mean over layers", key + "MeanLoadOverMean"));
            columns.Add(TableColumn.Ratio("least loaded layer", key + "LeastLoadOverMean"));
            columns.Add(TableColumn.Ratio("most loaded layer", key + "MostLoadOverMean"));
        }
        var rows = Enumerable.Range(0, section.Ranks).Select(rank => new List<object?> { rank, rank / section.Result.RanksPerNode }
            .Concat(loads.SelectMany(load =>
                new object?[] { load.Average(l => l[rank]), load.Min(l => l[rank]), load.Max(l => l[rank]) })).ToArray());
        return new Table([.. columns], [.. rows]);
    }
}
