using System.Globalization;

namespace MoEPlace.Reports;

/// <summary>The tables over all placements of a result.</summary>
internal static class SummaryTable
{
    private static readonly string[] First =
    [
        "placement", "gpuCrossingFraction", "nodeCrossingFraction", "rankCopiesPerTokenLayer", "otherResidencyRankCopiesPerTokenLayer",
        "nodeCopiesPerTokenLayer", "redundantSlotsPerLayer", "imbalanceMean", "imbalanceMax", "stepSeconds", "migrationBytes",
        "objective", "bound", "gap", "solveSeconds", "runSeconds", "peakMemoryBytes",
    ];

    private static readonly string[] OfNodes = ["nodeCrossingFraction", "nodeCopiesPerTokenLayer"];

    /// <summary>What is read first: traffic, evenness and time, then what finding it took and proved; no column that nobody fills.</summary>
    internal static Table Overview(ReportSection section) =>
        Judged(section).Pick(section.Result.Nodes > 1 ? First : First.Except(OfNodes)).WithoutUnknown();

    /// <summary>What every placement was judged to be, and what finding it took and proved, as far as any result tells.</summary>
    internal static Table Judged(ReportSection section)
    {
        var search = Search(section);
        return new Table(
            [
                TableColumn.Text("placement", "placement"),
                .. Measures.All.Select(m => new TableColumn(m.Title, m.Key, m.Show, BestIsLowest: true, m.Meaning)),
                .. search.Select(c => c.Column),
            ],
            [.. section.Placements.Select(p => (object?[])
                [p.Name, .. Measures.All.Select(m => m.Of(p.Measures)), .. search.Select(c => c.Of(p))])]);
    }

    /// <summary>What is told of searches and under the other residency; columns that no placement fills are left out.</summary>
    internal static (TableColumn Column, Func<DrawnPlacement, object?> Of)[] Search(ReportSection section)
    {
        var other = section.Result.Residency == "coherent" ? "home" : "coherent";
        (TableColumn Column, Func<DrawnPlacement, object?> Of)[] all =
        [
            (new($"GPU copies, {other}", "otherResidencyRankCopiesPerTokenLayer", v => Quantity.Ratio((double?)v), BestIsLowest: true,
                $"Copies of a hidden state to other GPUs, as before, under {other} residency."),
                p => p.Result.OtherResidency?.RankCopiesPerTokenLayer),
            (new("redundant slots", "redundantSlotsPerLayer", v => Quantity.General((double?)v), Hint: "Per layer, mean over layers."),
                p => Array.Exists(section.Placements, o => o.Detail.RedundantSlotsPerLayer > 0) ? p.Detail.RedundantSlotsPerLayer : null),
            (new("objective", "objective", v => Proven(v, Quantity.General),
                Hint: "What the search minimised, on the tokens that it was solved on; the table of searches names it."),
                p => p.Result.Solve?.Bound is null ? null : p.Result.Solve.Objective),
            (new("bound", "bound", v => Proven(v, Quantity.General), Hint: "No placement's objective is lower."),
                p => p.Result.Solve?.Bound),
            (new("gap", "gap", v => Proven(v, share => Quantity.Percent(share)), Hint: "(objective - bound) / objective; 0 is proven best."),
                p => p.Result.Solve?.Gap),
            (new("search", "solveSeconds", v => Quantity.Seconds((double?)v), Hint: "Wall-clock time of the search."),
                p => p.Result.SolveSeconds),
            (new("whole run", "runSeconds", v => Quantity.Seconds((double?)v), Hint: "Wall-clock time of the program, from start to end."),
                p => p.Result.RunSeconds),
            (new("peak memory", "peakMemoryBytes", v => Quantity.Bytes((long?)v), Hint: "Of the program and the solvers it started."),
                p => p.Result.PeakMemoryBytes),
        ];
        return [.. all.Where(c => section.Placements.Any(p => c.Of(p) is not null))];
    }

    /// <summary>How every placement came to be.</summary>
    internal static Table Solved(ReportSection section) => new(
        [
            TableColumn.Text("placement", "placement"),
            TableColumn.Text("policy", "policy"),
            new("seed", "seed", v => Convert.ToString(v, CultureInfo.InvariantCulture)!),
            new("load limit", "maxImbalance", v => v is null ? "none" : Quantity.Ratio((double?)v)),
            new("solved on", "solvedOn", v => v as string ?? "–", IsText: true),
            new("status", "status", v => v as string ?? "only judged", IsText: true),
            new("minimised", "objectiveName", v => v as string ?? "–", IsText: true),
            new("objective", "objective", v => v is null ? "–" : Quantity.General((double?)v)),
            new("no placement below", "bound", Number),
            new("gap", "gap", v => Quantity.Percent((double?)v)),
            new("rounds", "iterations", v => v is null ? "–" : Quantity.Count((long?)v)),
            new("search", "solveSeconds", v => v is null ? "–" : Quantity.Seconds((double?)v)),
            new("ended because", "stopReason", v => v as string ?? "–", IsText: true),
            new("layers over the limit", "relaxedLayers", v => v as string is { Length: > 0 } layers ? layers : "none", IsText: true),
        ],
        [.. section.Placements.Select(p => Row(p))]);

    /// <summary>A dash where nothing is proven, which is most of the rows.</summary>
    private static string Proven(object? value, Func<double?, string> show) => value is null ? "–" : show((double?)value);

    private static string Number(object? value) => Quantity.General((double?)value);

    private static object?[] Row(DrawnPlacement drawn)
    {
        var (placement, solve) = (drawn.Result, drawn.Result.Solve);
        return
        [
            drawn.Name,
            PlainText.Clean(placement.Policy, 60),
            placement.Seed,
            placement.MaxImbalance,
            placement.SolvedOn is { } split ? PlainText.Clean(split, 20) : null,
            solve?.Status.ToString().ToLowerInvariant(),
            solve is null ? null : PlainText.Clean(solve.ObjectiveName, 20),
            solve?.Objective,
            solve?.Bound,
            solve?.Gap,
            solve?.Iterations,
            placement.SolveSeconds,
            solve is null ? null : PlainText.Clean(solve.StopReason, 200),
            solve is null || solve.RelaxedLayers.IsDefaultOrEmpty ? "" : string.Join(" ", solve.RelaxedLayers),
        ];
    }
}
