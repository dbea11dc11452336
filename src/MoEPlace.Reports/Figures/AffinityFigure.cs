using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace MoEPlace.Reports.Figures;

/// <summary>Where tokens go between two adjacent layers, experts ordered by the GPU that the baseline and the best placement give
/// them.</summary>
internal static class AffinityFigure
{
    private const string Name = "affinity";
    private const string Topic = "Affinity between two layers";
    private const int MostCells = 32;

    /// <summary>Cells fainter than this, of 1 for the strongest, cannot be seen on any ground: they are left to the table.</summary>
    private const double FaintestDrawn = 0.04;
    private const int MostRankBorders = 32;
    private const string Stays = "same GPU: stays";
    private const string SameNode = "another GPU of the node";
    private const string OtherNode = "another node";

    internal static Figure Draw(ReportSection section)
    {
        if (section.Layers == 1)
            return Figure.LeftOut(Name, Topic, "there is one MoE layer, so nothing lies between layers");
        if (section.Ranks == 1)
            return Figure.LeftOut(Name, Topic, "there is one GPU, so every token stays");
        if (section.Result.Affinity is not { } affinity)
            return Figure.LeftOut(Name, Topic, "the trace does not tell which expert a token chose first, so transitions are unknown");
        var total = affinity.Transitions.Sum(row => row.Sum(v => (double)v));
        if (total == 0)
            return Figure.LeftOut(Name, Topic, "no token chose an expert in both layers");
        DrawnPlacement[] shown = section.Compares ? [section.Baseline, section.Best] : [section.Best];
        var shares = shown.Select(p => Shares(section, p.Detail.RankOfExpert)).ToArray();
        var perCell = (affinity.Transitions.Length + MostCells - 1) / MostCells;
        var panels = shown.Select((p, i) => Panel(section, p, perCell, total, shares[i])).ToArray();
        return new Figure(
            Name, Topic, Findings.Affinity(section, affinity.FromLayer, shares[^1][0], shares[0][0]),
            $"Each row is {(perCell == 1 ? "an expert" : $"up to {perCell} experts")} of layer {affinity.FromLayer}, "
                + $"each column of layer {affinity.FromLayer + 1}, "
                + "ordered by the GPU that holds them; "
                + "a cell is as strong as the square root of the tokens that go from one to the other. "
                + "Cells in the blocks on the diagonal stay on their GPU, all others travel: the more ink in the blocks, the better. "
                + "Replicas count for the lowest GPU that holds one.",
            new
            {
                config = FigureStyle.Config,
                hconcat = panels,
                spacing = 30,
                resolve = new { scale = new { color = "shared", opacity = "shared" } }
            },
            Data(section, shown, total));
    }

    /// <summary>[3] tokens that stay on their GPU, that go to another GPU of the node, to another node; as shares of all.</summary>
    internal static double[] Shares(ReportSection section, ImmutableArray<ImmutableArray<int>> rankOfExpert)
    {
        var affinity = section.Result.Affinity!;
        var (from, to) = (rankOfExpert[affinity.FromLayer], rankOfExpert[affinity.FromLayer + 1]);
        var tokens = new double[3];
        for (var i = 0; i < from.Length; i++)
            for (var j = 0; j < to.Length; j++)
                tokens[Distance(section, from[i], to[j])] += affinity.Transitions[i][j];
        var total = tokens.Sum();
        return [.. tokens.Select(t => t / total)];
    }

    private static int Distance(ReportSection section, int from, int to) =>
        from == to ? 0 : from / section.Result.RanksPerNode == to / section.Result.RanksPerNode ? 1 : 2;

    private static object Panel(ReportSection section, DrawnPlacement placement, int perCell, double total, double[] shares)
    {
        var affinity = section.Result.Affinity!;
        var rows = new ExpertOrder(placement.Detail.RankOfExpert[affinity.FromLayer], section.Ranks, perCell);
        var columns = new ExpertOrder(placement.Detail.RankOfExpert[affinity.FromLayer + 1], section.Ranks, perCell);
        var kinds = Kinds(section);
        var told = kinds.Select(k => k switch
        {
            Stays => Quantity.Percent(shares[0], 0) + " same GPU",
            SameNode => Quantity.Percent(shares[1], 0) + " same node",
            _ => Quantity.Percent(shares[2], 0) + " other node",
        });
        return new
        {
            title = new
            {
                text = (section.Compares ? placement == section.Best ? "after: " : "before: " : "") + placement.Name,
                subtitle = string.Join(" · ", told),
                fontSize = 12,
                fontWeight = "normal",
                offset = 8,
            },
            width = section.Compares ? 280 : 400,
            height = section.Compares ? 280 : 400,
            layer = new object[]
            {
                CellLayer(section, rows, columns, total),
                Borders(section, rows, "y"),
                Borders(section, columns, "x"),
            },
        };
    }

    private static string[] Kinds(ReportSection section) => (section.Result.Nodes, section.Result.RanksPerNode) switch
    {
        (1, _) => [Stays, SameNode],
        (_, 1) => [Stays, OtherNode],
        _ => [Stays, SameNode, OtherNode],
    };

    private static object CellLayer(ReportSection section, ExpertOrder rows, ExpertOrder columns, double total)
    {
        var affinity = section.Result.Affinity!;
        var kinds = Kinds(section);
        var colors = kinds.Select(k => k == Stays ? "#0072B2" : k == SameNode ? "#E69F00" : "#D55E00").ToArray();
        var gathered = rows.Cells.Length < rows.CellOfExpert.Length;
        var strongest = affinity.Transitions.Max(row => row.Max()) / total;
        return new
        {
            data = new { values = Cells(section, rows, columns, strongest * total) },
            transform = Derived(section, rows, columns, total),
            mark = new { type = "rect", strokeWidth = 0 },
            encoding = new
            {
                x = Place(section, columns, "x", affinity.FromLayer + 1),
                x2 = new { field = "x2" },
                y = Place(section, rows, "y", affinity.FromLayer),
                y2 = new { field = "y2" },
                color = new
                {
                    field = "kind",
                    type = "nominal",
                    scale = new { domain = kinds, range = colors },
                    legend = new { title = (string?)null, orient = "bottom", symbolType = "square" }
                },
                opacity = new
                {
                    field = "strength",
                    type = "quantitative",
                    scale = new { type = "sqrt", domain = new[] { 0, strongest }, range = new[] { 0, 1 } },
                    legend = new
                    {
                        title = gathered ? "of all tokens, per pair:" : "of all tokens:",
                        titleOrient = "left",
                        orient = "bottom",
                        symbolType = "square",
                        symbolFillColor = FigureStyle.Ink,
                        titleLimit = 300,
                        symbolStrokeWidth = 0,
                        labelExpr = FigureStyle.PercentLabel(strongest < 0.016 ? 2 : 1),
                        values = new[] { strongest / 16, strongest / 4, strongest },
                    },
                },
                tooltip = new object[]
                {
                    new { field = "from", type = "nominal", title = $"layer {affinity.FromLayer}" },
                    new { field = "to", type = "nominal", title = $"layer {affinity.FromLayer + 1}" },
                    new { field = "t", type = "quantitative", title = "tokens", format = "," },
                    new { field = "told", type = "nominal", title = "of all tokens" },
                    new { field = "kind", type = "nominal", title = "they go to" },
                },
            },
        };
    }

    private static object Place(ReportSection section, ExpertOrder order, string field, int layer)
    {
        var centres = Enumerable.Range(0, section.Ranks).Where(r => order.Borders[r] < order.Borders[r + 1])
            .Select(r => (Rank: r, Centre: (order.Borders[r] + order.Borders[r + 1]) / 2.0)).ToArray();
        var names = JsonSerializer.Serialize(centres.ToDictionary(c => c.Centre.ToString(CultureInfo.InvariantCulture), c => c.Rank));
        // Vega thins given values to the tick count, which by default follows the width.
        return new
        {
            field,
            type = "quantitative",
            title = $"GPU of the expert in layer {layer}",
            scale = new { domain = new[] { 0, order.CellOfExpert.Length }, nice = false, zero = false, reverse = field == "y" },
            axis = new
            {
                values = centres.Select(c => c.Centre),
                tickCount = centres.Length,
                labelExpr = names + "[datum.value]",
                grid = false,
                ticks = false,
                domain = false
            },
        };
    }

    private static object Borders(ReportSection section, ExpertOrder order, string field)
    {
        var perNode = section.Result.RanksPerNode;
        var values = Enumerable.Range(0, section.Ranks + 1)
            .Where(r => r % perNode == 0 || section.Ranks <= MostRankBorders)
            .Select(r => new { at = order.Borders[r], width = r % perNode == 0 ? section.Ranks <= MostRankBorders ? 1.6 : 0.8 : 0.6 });
        object at = new { field = "at", type = "quantitative" };
        object strokeWidth = new { field = "width", type = "quantitative", scale = (object?)null, legend = (object?)null };
        return new
        {
            data = new { values },
            mark = new { type = "rule", color = FigureStyle.Muted },
            encoding = field == "x" ? (object)new { x = at, strokeWidth } : new { y = at, strokeWidth },
        };
    }

    /// <summary>The tokens of every cell that can be seen; a page holds thousands, so that all else is derived where it is drawn.</summary>
    private static List<object> Cells(ReportSection section, ExpertOrder rows, ExpertOrder columns, double strongest)
    {
        var affinity = section.Result.Affinity!;
        var tokens = new double[rows.Cells.Length, columns.Cells.Length];
        for (var i = 0; i < rows.CellOfExpert.Length; i++)
            for (var j = 0; j < columns.CellOfExpert.Length; j++)
                tokens[rows.CellOfExpert[i], columns.CellOfExpert[j]] += affinity.Transitions[i][j];
        var cells = new List<object>();
        for (var row = 0; row < rows.Cells.Length; row++)
            for (var column = 0; column < columns.Cells.Length; column++)
            {
                var pairs = rows.Cells[row].Experts.Length * columns.Cells[column].Experts.Length;
                if (tokens[row, column] > FaintestDrawn * FaintestDrawn * strongest * pairs)
                    cells.Add(new { r = row, c = column, t = tokens[row, column] });
            }
        return cells;
    }

    /// <summary>What follows from the row r, the column c and the tokens t of a cell.</summary>
    private static object[] Derived(ReportSection section, ExpertOrder rows, ExpertOrder columns, double total)
    {
        string At<T>(ExpertOrder order, Func<(int Rank, int First, int[] Experts), T> value, string index) =>
            JsonSerializer.Serialize(order.Cells.Select(value)) + $"[datum.{index}]";
        var (from, to, perNode) = (At(rows, c => c.Rank, "r"), At(columns, c => c.Rank, "c"), section.Result.RanksPerNode);
        (string As, string Expression)[] derived =
        [
            ("x", At(columns, c => c.First, "c")),
            ("x2", At(columns, c => c.First + c.Experts.Length, "c")),
            ("y", At(rows, c => c.First, "r")),
            ("y2", At(rows, c => c.First + c.Experts.Length, "r")),
            ("from", At(rows, Names, "r")),
            ("to", At(columns, Names, "c")),
            ("kind", $"{from} === {to} ? '{Stays}' : floor({from} / {perNode}) === floor({to} / {perNode}) ? '{SameNode}' : '{OtherNode}'"),
            ("share", FormattableString.Invariant($"datum.t / {total}")),
            ("strength", "datum.share / ((datum.x2 - datum.x) * (datum.y2 - datum.y))"),
            ("told", "format(datum.share * 100, '.2f') + '\u00A0%'"),
        ];
        return [.. derived.Select(d => new { calculate = d.Expression, @as = d.As })];
    }

    private static string Names((int Rank, int First, int[] Experts) cell) =>
        $"{(cell.Experts.Length == 1 ? "expert" : "experts")} {string.Join(", ", cell.Experts)} on GPU {cell.Rank}";

    private static Table Data(ReportSection section, DrawnPlacement[] shown, double total)
    {
        var affinity = section.Result.Affinity!;
        var (layer, next) = (affinity.FromLayer, affinity.FromLayer + 1);
        TableColumn[] columns =
        [
            TableColumn.Count($"expert of layer {layer}", "fromExpert"),
            TableColumn.Count($"expert of layer {next}", "toExpert"),
            TableColumn.Count("tokens", "tokens"),
            TableColumn.Percent("of all", "share"),
            .. shown.SelectMany((p, i) => new[]
            {
                TableColumn.Count($"{p.Name}: from GPU", (!section.Compares ? "from" : i == 0 ? "beforeFrom" : "afterFrom") + "Rank"),
                TableColumn.Count("to GPU", (!section.Compares ? "to" : i == 0 ? "beforeTo" : "afterTo") + "Rank"),
            }),
        ];
        var rows =
            from i in Enumerable.Range(0, affinity.Transitions.Length)
            from j in Enumerable.Range(0, affinity.Transitions.Length)
            let tokens = affinity.Transitions[i][j]
            where tokens > 0
            orderby tokens descending, i, j
            select new object?[] { i, j, tokens, tokens / total }
                .Concat(shown.SelectMany(p => new object?[] { p.Detail.RankOfExpert[layer][i], p.Detail.RankOfExpert[next][j] })).ToArray();
        return new Table(columns, [.. rows]);
    }
}
