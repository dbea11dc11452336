namespace MoEPlace.Reports.Figures;

/// <summary>Imbalance against crossing, and a second figure against copies, with the front of those that nothing beats in both.</summary>
internal static class TradeOffFigure
{
    private const string Topic = "Imbalance against traffic";

    /// <summary>Against crossing; against copies where crossing is unknown.</summary>
    internal static Figure Draw(ReportSection section) =>
        KnowsCrossing(section)
            ? Draw(section, "trade-off", Topic, TradePlot.Crossing)
            : Draw(section, "trade-off", Topic, TradePlot.Copies, " GPU crossing is unknown, so copies to other GPUs stand for it.");

    /// <summary>Against copies, which weigh every choice of a token and not the first alone.</summary>
    internal static Figure DrawCopies(ReportSection section) =>
        KnowsCrossing(section)
            ? Draw(section, "front", "Imbalance against copies", TradePlot.Copies)
            : Figure.LeftOut("front", "Imbalance against copies", "GPU crossing is unknown, and the figure before shows copies in its place");

    private static bool KnowsCrossing(ReportSection section) =>
        section.Placements.Length == 1 || section.Placements.Count(p => p.Measures.GpuCrossingFraction is not null) > 1;

    private static Figure Draw(ReportSection section, string name, string topic, TradePlot.Measure measure, string note = "")
    {
        if (section.Placements.Length == 1)
            return Figure.LeftOut(name, topic, "there is one placement, so nothing to weigh");
        if (section.Ranks == 1)
            return Figure.LeftOut(name, topic, "there is one GPU: no imbalance, no traffic");
        var crossing = measure == TradePlot.Crossing;
        double? Traffic(DrawnPlacement p) => crossing ? p.Measures.GpuCrossingFraction : p.Measures.RankCopiesPerTokenLayer;
        TradePlot.Point[] points = [.. section.Placements.Where(p => Traffic(p) is not null)
            .Select(p => new TradePlot.Point(p, p.Measures.ImbalanceMean, Traffic(p)!.Value))];
        if (points.Length < 2)
            return Figure.LeftOut(name, topic, crossing || note.Length > 0
                ? "crossing and copies are unknown for all placements but one or none"
                : "copies are unknown for all placements but one or none");
        var front = TradePlot.Front([.. points.Select(p => (p.Imbalance, p.Traffic))]);
        var told = points.Select(p => (p.Placement, p.Imbalance, p.Traffic)).ToArray();
        var finding = crossing
            ? Findings.TradeOff(told, Findings.Percents, share => $"crosses GPUs in {share} of cases")
            : Findings.TradeOff(told, Findings.Ratios, copies => $"makes {copies} copies");
        string[] unknown = [.. section.Placements.Where(p => Traffic(p) is null).Select(p => p.Name)];
        return new Figure(
            name, topic, finding,
            "One point per placement; left is more even, down is less traffic. "
                + "The line is the Pareto front: no placement is better in both than a point on it."
                + (TradePlot.ShowsRedundancy(points) ? " Larger points hold more redundant copies of experts." : "")
                + note
                + (unknown.Length == 0 ? "" : $" Unknown for {string.Join(", ", unknown)}."),
            TradePlot.Spec(points, front, measure),
            Data(section, crossing, [.. front.Select(i => points[i].Placement)]));
    }

    private static Table Data(ReportSection section, bool crossing, DrawnPlacement[] front)
    {
        var redundancy = Array.Exists(section.Placements, p => p.Detail.RedundantSlotsPerLayer > 0);
        return new Table(
            [
                TableColumn.Text("placement", "placement"),
                TableColumn.Ratio("imbalance, mean over layers", "imbalanceMean", 3) with { BestIsLowest = true },
                (crossing
                    ? TableColumn.Percent("GPU crossing", "gpuCrossingFraction")
                    : TableColumn.Ratio("copies to other GPUs, per token and layer", "rankCopiesPerTokenLayer", 3))
                    with { BestIsLowest = true },
                .. redundancy
                    ? new[] { new TableColumn("redundant slots per layer", "redundantSlotsPerLayer", v => Quantity.General((double?)v)) }
                    : [],
                TableColumn.Text("on the Pareto front", "paretoFront"),
            ],
            [
                .. section.Placements.Select(p => (object?[])
                [
                    p.Name,
                    p.Measures.ImbalanceMean,
                    crossing ? p.Measures.GpuCrossingFraction : p.Measures.RankCopiesPerTokenLayer,
                    .. redundancy ? new object?[] { p.Detail.RedundantSlotsPerLayer } : [],
                    front.Contains(p) ? "yes" : "no",
                ]),
            ]);
    }
}
