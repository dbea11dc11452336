using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>Measures as a person reads them on a terminal.</summary>
internal static class MeasureTable
{
    /// <summary>One placement: a measure per line.</summary>
    public static IEnumerable<IReadOnlyList<string>> Lines(PlacementMeasures m)
    {
        if (m.Tokens > 0)
            yield return ["tokens", Count(m.Tokens)];
        yield return ["GPU crossing", Share(m.GpuCrossingFraction)];
        yield return ["node crossing", Share(m.NodeCrossingFraction)];
        yield return ["rank copies per token and layer", Number(m.RankCopiesPerTokenLayer)];
        yield return ["node copies per token and layer", Number(m.NodeCopiesPerTokenLayer)];
        yield return ["dispatch", Bytes(m.DispatchBytes)];
        yield return ["combine", Bytes(m.CombineBytes)];
        yield return ["context", Bytes(m.ContextBytes)];
        yield return ["bytes between nodes", Bytes(m.InterNodeBytes)];
        yield return ["imbalance, mean", Number(m.ImbalanceMean)];
        yield return ["imbalance, 95th percentile", Number(m.ImbalanceP95)];
        yield return ["imbalance, max", Number(m.ImbalanceMax)];
        yield return ["modelled step", Seconds(m.StepSeconds)];
        yield return ["memory of the fullest rank", Bytes(m.MemoryBytesPerRank)];
        if (m.MigrationBytes is { } migration)
            yield return ["migration", Bytes(migration)];
    }

    /// <summary>The columns of <see cref="Row"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["placement", "GPU\ncrossing", "node\ncrossing", "rank\ncopies", "node\ncopies", "mean\nimbalance", "worst\nlayer", "step"];

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

    /// <summary>The value of an objective: modelled seconds, or a weighted number of crossings or copies.</summary>
    public static string Objective(string name, double value) => name switch
    {
        "step" => Seconds(value),
        "imbalance" => Number(value),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    public static string Seconds(double? value) => value is not { } v ? "unknown"
        : v >= 3_600 ? FormattableString.Invariant($"{v / 3_600:N2} h")
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
