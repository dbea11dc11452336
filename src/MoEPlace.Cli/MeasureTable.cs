using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>Measures as a person reads them on a terminal.</summary>
internal static class MeasureTable
{
    /// <summary>One placement: a measure per line.</summary>
    public static IEnumerable<IReadOnlyList<string>> Lines(PlacementMeasures m) =>
    [
        ["tokens", Count(m.Tokens)],
        ["GPU crossing", Share(m.GpuCrossingFraction)],
        ["node crossing", Share(m.NodeCrossingFraction)],
        ["rank copies per token and layer", Number(m.RankCopiesPerTokenLayer)],
        ["node copies per token and layer", Number(m.NodeCopiesPerTokenLayer)],
        ["dispatch", Bytes(m.DispatchBytes)],
        ["combine", Bytes(m.CombineBytes)],
        ["context", Bytes(m.ContextBytes)],
        ["imbalance, mean", Number(m.ImbalanceMean)],
        ["imbalance, 95th percentile", Number(m.ImbalanceP95)],
        ["imbalance, max", Number(m.ImbalanceMax)],
        ["modelled step", Seconds(m.StepSeconds)],
        ["memory of the fullest rank", Bytes(m.MemoryBytesPerRank)],
        ["migration", Bytes(m.MigrationBytes)],
    ];

    /// <summary>The columns of <see cref="Row"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["placement", "GPU crossing", "node crossing", "rank copies", "node copies", "imbalance", "worst", "step"];

    /// <summary>One placement among several: a line.</summary>
    public static IReadOnlyList<string> Row(PlacementResult result)
    {
        var m = result.Measures;
        return
        [
            result.Label, Share(m.GpuCrossingFraction), Share(m.NodeCrossingFraction), Number(m.RankCopiesPerTokenLayer),
            Number(m.NodeCopiesPerTokenLayer), Number(m.ImbalanceMean), Number(m.ImbalanceMax), Seconds(m.StepSeconds),
        ];
    }

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Share(double? value) => value is { } v ? v.ToString("P1", CultureInfo.InvariantCulture) : "unknown";

    public static string Number(double? value) => value is { } v ? v.ToString("F3", CultureInfo.InvariantCulture) : "unknown";

    public static string Bytes(long? value) => value is { } v ? Scaled(v, ["B", "kB", "MB", "GB", "TB", "PB"]) : "unknown";

    public static string Seconds(double? value) => value is not { } v ? "unknown"
        : v >= 1 ? FormattableString.Invariant($"{v:F3} s")
        : v >= 1e-3 ? FormattableString.Invariant($"{v * 1e3:F3} ms") : FormattableString.Invariant($"{v * 1e6:F2} us");

    private static string Scaled(double value, string[] units)
    {
        var unit = 0;
        for (; value >= 1000 && unit < units.Length - 1; unit++)
            value /= 1000;
        return FormattableString.Invariant($"{value:G4} {units[unit]}");
    }
}
