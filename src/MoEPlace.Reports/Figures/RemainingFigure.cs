using MoEPlace.Results;

namespace MoEPlace.Reports.Figures;

/// <summary>Where the traffic that the best placement leaves comes from: which layers, which pairs of experts.</summary>
internal static class RemainingFigure
{
    private const string Name = "remaining";
    private const string Topic = "Where the remaining traffic comes from";
    private const int MostPairs = 24;
    private const int TallestPanel = 780;
    private const string SameNode = "to another GPU of the node";
    private const string OtherNode = "to another node";

    internal static Figure Draw(ReportSection section)
    {
        if (section.Layers == 1)
            return Figure.LeftOut(Name, Topic, "there is one MoE layer, so nothing lies between layers");
        if (section.Ranks == 1)
            return Figure.LeftOut(Name, Topic, "there is one GPU, so nothing can cross");
        if (section.Best.Detail.Remaining is not { } remaining)
            return Figure.LeftOut(Name, Topic, "the result does not tell which tokens still cross");
        var total = remaining.GpuCrossingsByLayer.Sum(v => (double)v);
        if (total == 0)
            return Figure.LeftOut(Name, Topic, $"with {section.Best.Name} nothing crosses");
        var pairs = remaining.HeaviestPairs.Take(MostPairs).ToArray();
        var panels = new List<object> { Layers(section, remaining, total) };
        if (pairs.Length > 0)
            panels.Add(Pairs(section, pairs, total));
        return new Figure(
            Name, Topic, Findings.Remaining(section, remaining, total, pairs),
            $"Of all top-1 transitions that change GPU with {section.Best.Name}: their share by layer"
                + (pairs.Length == 0 ? "." : ", and the pairs of experts that share no GPU and pass on most tokens, with the GPUs they are on.")
                + (section.Best.Detail.RedundantSlotsPerLayer > 0 ? " Of replicas the lowest GPU is named." : ""),
            new { config = FigureStyle.Config, hconcat = panels, spacing = 26, resolve = new { scale = new { color = "shared" } } },
            Data(section, remaining, total));
    }

    private static object Layers(ReportSection section, RemainingTraffic remaining, double total)
    {
        var values = remaining.GpuCrossingsByLayer.SelectMany((gpu, layer) =>
        {
            var node = remaining.NodeCrossingsByLayer[layer];
            return new[] { (Kind: SameNode, Tokens: gpu - node, Order: 0), (Kind: OtherNode, Tokens: node, Order: 1) }
                .Where(part => Kinds(section).Contains(part.Kind))
                .Select(part => new
                {
                    between = $"{layer} → {layer + 1}",
                    kind = part.Kind,
                    order = part.Order,
                    tokens = part.Tokens,
                    share = part.Tokens / total,
                    told = Quantity.Percent(part.Tokens / total),
                    of = Quantity.Percent((double)part.Tokens / Math.Max(1, remaining.TransitionsByLayer[layer])),
                });
        }).ToArray();
        var rows = remaining.GpuCrossingsByLayer.Length;
        var most = remaining.GpuCrossingsByLayer.Max() / total;
        return new
        {
            width = 270,
            height = new { step = Math.Min(17, (double)TallestPanel / rows) },
            title = PanelTitle("between MoE layers"),
            data = new { values },
            mark = new { type = "bar" },
            encoding = new
            {
                y = Rows("between", [.. Enumerable.Range(0, rows).Select(layer => $"{layer} → {layer + 1}")], rows > TallestPanel / 11),
                x = Share(most),
                color = Color(section),
                order = new { field = "order", type = "quantitative" },
                tooltip = new object[]
                {
                    new { field = "between", type = "nominal", title = "between layers" },
                    new { field = "kind", type = "nominal", title = "go" },
                    new { field = "tokens", type = "quantitative", title = "tokens", format = "," },
                    new { field = "told", type = "nominal", title = "of what still crosses" },
                    new { field = "of", type = "nominal", title = "of all transitions here" },
                },
            },
        };
    }

    private static object Pairs(ReportSection section, CrossingPair[] pairs, double total)
    {
        var values = pairs.Select(p => new
        {
            pair = PairName(p),
            kind = Kind(section, p),
            tokens = p.Tokens,
            share = p.Tokens / total,
            told = Quantity.Percent(p.Tokens / total, 2),
            gpus = $"GPU {p.FromRank} → {p.ToRank}",
        }).ToArray();
        var y = Rows("pair", [.. values.Select(v => v.pair)], thin: false);
        var x = Share(values.Max(v => v.share) * 1.3);
        return new
        {
            width = 270,
            height = new { step = 17 },
            title = PanelTitle("layers: from expert → to expert"),
            data = new { values },
            encoding = new { y, x },
            layer = new object[]
            {
                new
                {
                    mark = new { type = "bar" },
                    encoding = new
                    {
                        color = Color(section),
                        tooltip = new object[]
                        {
                            new { field = "pair", type = "nominal", title = "layers: experts" },
                            new { field = "gpus", type = "nominal", title = "go from" },
                            new { field = "tokens", type = "quantitative", title = "tokens", format = "," },
                            new { field = "told", type = "nominal", title = "of what still crosses" },
                        },
                    },
                },
                new
                {
                    mark = new { type = "text", align = "left", dx = 4, fontSize = 10 },
                    encoding = new { text = new { field = "gpus", type = "nominal" } },
                },
            },
        };
    }

    private static string PairName(CrossingPair pair) =>
        $"{pair.FromLayer}→{pair.FromLayer + 1}: {pair.FromExpert} → {pair.ToExpert}";

    private static string Kind(ReportSection section, CrossingPair pair) =>
        pair.FromRank / section.Result.RanksPerNode == pair.ToRank / section.Result.RanksPerNode ? SameNode : OtherNode;

    private static string[] Kinds(ReportSection section) => (section.Result.Nodes, section.Result.RanksPerNode) switch
    {
        (1, _) => [SameNode],
        (_, 1) => [OtherNode],
        _ => [SameNode, OtherNode],
    };

    private static object PanelTitle(string text) => new { text, fontSize = 12, fontWeight = "normal", offset = 6 };

    private static object Rows(string field, string[] domain, bool thin) => new
    {
        field,
        type = "nominal",
        title = (string?)null,
        scale = new { domain },
        axis = new { ticks = false, domain = false, labelPadding = 6, labelColor = FigureStyle.Ink, labelOverlap = thin },
    };

    private static object Share(double most) => new
    {
        field = "share",
        type = "quantitative",
        title = "of what still crosses",
        scale = new { domain = new[] { 0, most }, nice = false },
        axis = new { tickCount = 4, domain = false, ticks = false, labelExpr = FigureStyle.PercentLabel(most < 0.004 ? 2 : most < 0.04 ? 1 : 0) },
    };

    private static object Color(ReportSection section)
    {
        var kinds = Kinds(section);
        return new
        {
            field = "kind",
            type = "nominal",
            scale = new { domain = kinds, range = kinds.Select(k => k == SameNode ? "#E69F00" : "#D55E00").ToArray() },
            legend = kinds.Length == 1 ? null : new { title = (string?)null, orient = "bottom", symbolType = "square", symbolStrokeWidth = 0 },
        };
    }

    private static Table Data(ReportSection section, RemainingTraffic remaining, double total)
    {
        TableColumn All(string title, string key) => TableColumn.Count(title, key) with
        {
            Show = v => v is null ? "all" : Quantity.Count(Convert.ToInt64(v, System.Globalization.CultureInfo.InvariantCulture)),
        };
        return new Table(
            [
                TableColumn.Text("between layers", "layers"),
                All("from expert", "fromExpert"),
                All("to expert", "toExpert"),
                All("from GPU", "fromRank"),
                All("to GPU", "toRank"),
                TableColumn.Count("tokens", "tokens"),
                TableColumn.Percent("of what still crosses", "share") with { Show = v => Quantity.Percent((double?)v, 2) },
            ],
            [
                .. remaining.HeaviestPairs.Select(p => new object?[]
                {
                    $"{p.FromLayer} → {p.FromLayer + 1}", p.FromExpert, p.ToExpert, p.FromRank, p.ToRank, p.Tokens, p.Tokens / total,
                }),
                .. remaining.GpuCrossingsByLayer.Select((tokens, layer) =>
                    new object?[] { $"{layer} → {layer + 1}", null, null, null, null, tokens, tokens / total }),
            ]);
    }
}
