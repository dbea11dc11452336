using System.Globalization;

namespace MoEPlace.Reports;

/// <summary>The tables over all placements of a result.</summary>
internal static class SummaryTable
{
    /// <summary>What every placement was judged to be.</summary>
    internal static Table Judged(ReportSection section) => new(
        [
            TableColumn.Text("placement", "placement"),
            .. Measures.All.Select(m => new TableColumn(m.Title, m.Key, m.Show, BestIsLowest: true, m.Meaning)),
        ],
        [.. section.Placements.Select(p => Measures.All.Select(m => m.Of(p.Measures)).Prepend(p.Name).ToArray())]);

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
