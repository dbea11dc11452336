using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>A sweep as a person reads it on a terminal.</summary>
internal static class SweepTables
{
    /// <summary>A line for each variant of each point.</summary>
    public static void Print(Terminal terminal, SweepTable table, string folder)
    {
        terminal.Line(table.Title);
        terminal.Table(
            ["point", .. table.Parameters, "variant", "step", "exposed exchange", "tokens a second"],
            table.Rows.Select(row => (string[])
            [
                $"{row.Point}", .. table.Parameters.Select(p => SweepFolder.Plain(row.Values[p])), row.Variant,
                MeasureTable.Seconds(Measure(row, SimulationMeasure.StepSeconds)),
                    MeasureTable.Seconds(Measure(row, SimulationMeasure.ExposedExchangeSeconds)),
                Measure(row, SimulationMeasure.TokensPerSecond) is { } rate ? MeasureTable.Count((long)rate) : "-",
            ]));
        terminal.Line($"results: {Path.GetFullPath(folder)}");
    }

    private static double? Measure(SweepRow row, string name) => row.Measures.TryGetValue(name, out var value) ? value : null;
}
