namespace MoEPlace.Reports.Figures;

/// <summary>To how many other GPUs and nodes a hidden state must go.</summary>
internal static class CopiesFigure
{
    private const string Name = "copies";
    private const string Topic = "Copies per token by policy";

    internal static Figure Draw(ReportSection section)
    {
        if (section.Ranks == 1)
            return Figure.LeftOut(Name, Topic, "there is one GPU, so nothing is copied");
        DrawnPlacement[] known = [.. section.Placements.Where(p => p.Measures.RankCopiesPerTokenLayer is not null)];
        if (known.Length == 0)
            return Figure.LeftOut(Name, Topic, "copies are unknown for every placement");
        DrawnPlacement[] shown = [.. section.Drawn.Where(known.Contains).OrderBy(p => p.Measures.RankCopiesPerTokenLayer)];
        var nodes = section.Result.Nodes > 1 && Array.Exists(shown, p => p.Measures.NodeCopiesPerTokenLayer is not null);
        var panels = new List<object> { Panel(shown, "copies to other GPUs", nodes, true, p => p.Measures.RankCopiesPerTokenLayer) };
        if (nodes)
            panels.Add(Panel(shown, "copies to other nodes", true, false, p => p.Measures.NodeCopiesPerTokenLayer));
        DrawnPlacement[] unknown = [.. section.Drawn.Except(shown)];
        return new Figure(
            Name, Topic, Findings.Copies(section, known),
            "A hidden state is copied once to each other GPU (node) that holds one of its experts, and once back: dispatch plus combine, "
                + "mean over tokens and layers; fewer is better."
                + (unknown.Length == 0 ? "" : $" Unknown for {string.Join(", ", unknown.Select(p => p.Name))}.")
                + (section.Placements.Length == section.Drawn.Length ? ""
                    : $" {section.Drawn.Length} of {section.Placements.Length} placements are drawn; the table has all."),
            new { config = FigureStyle.Config, hconcat = panels, spacing = 20 },
            Data(section));
    }

    private static object Panel(
        DrawnPlacement[] shown, string title, bool narrow, bool labelled, Func<DrawnPlacement, double?> measure)
    {
        var values = shown.Where(p => measure(p) is not null)
            .Select(p => new { placement = p.Name, color = p.Color, copies = measure(p)!.Value, told = Quantity.Ratio(measure(p)) })
            .ToArray();
        var y = new
        {
            field = "placement",
            type = "nominal",
            title = (string?)null,
            scale = new { domain = shown.Select(p => p.Name).ToArray() },
            axis = labelled ? new
            {
                labelLimit = 300,
                ticks = false,
                domain = false,
                labelPadding = 6,
                labelColor = FigureStyle.Ink,
                labelOverlap = false
            } : null,
        };
        var x = new
        {
            field = "copies",
            type = "quantitative",
            title = new[] { title, "per token and layer" },
            scale = new { domain = new[] { 0, Math.Max(0.01, values.Max(v => v.copies) * 1.18) }, nice = false },
            axis = new { tickCount = 5, domain = false, ticks = false },
        };
        var tooltip = new object[]
        {
            new { field = "placement", type = "nominal" },
            new { field = "copies", type = "quantitative", title, format = ".3f" },
        };
        return new
        {
            width = narrow ? 220 : 440,
            height = new { step = 26 },
            data = new { values },
            encoding = new { y, x },
            layer = new object[]
            {
                new { mark = new { type = "bar", height = 17 },
                    encoding = new { color = new { field = "color", type = "nominal", scale = (object?)null }, tooltip } },
                new { mark = new { type = "text", align = "left", dx = 4 },
                    encoding = new { text = new { field = "told", type = "nominal" } } },
            },
        };
    }

    private static Table Data(ReportSection section) => new(
        [
            TableColumn.Text("placement", "placement"),
            TableColumn.Text("policy", "policy"),
            TableColumn.Ratio("copies to other GPUs, per token and layer", "rankCopiesPerTokenLayer", 3) with { BestIsLowest = true },
            TableColumn.Ratio("copies to other nodes, per token and layer", "nodeCopiesPerTokenLayer", 3) with { BestIsLowest = true },
        ],
        [.. section.Placements.Select(p =>
            new object?[] { p.Name, PlainText.Clean(p.Result.Policy, 60), p.Measures.RankCopiesPerTokenLayer,
                p.Measures.NodeCopiesPerTokenLayer })]);
}
