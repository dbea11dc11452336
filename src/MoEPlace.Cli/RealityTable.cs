using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>Measured beside simulated steps, for people.</summary>
internal static class RealityTable
{
    private static readonly string[] Columns =
        ["link", "tokens", "placement", "measured step", "p10", "p90", "simulated", "error", "bytes over the link", "evaluated"];

    /// <summary>Prints all settings and what they come to.</summary>
    internal static void Print(Terminal terminal, RealityResult result)
    {
        terminal.Table(Columns, result.Settings.Select(s => new[]
        {
            s.Link, MeasureTable.Count(s.TokensPerStep), s.Placement, MeasureTable.Seconds(s.MeasuredSeconds),
            MeasureTable.Seconds(s.MeasuredP10), MeasureTable.Seconds(s.MeasuredP90), MeasureTable.Seconds(s.SimulatedSeconds), Percent(s.Error()),
            MeasureTable.Count(s.MeasuredLinkBytes), MeasureTable.Count(s.EvaluatedLinkBytes),
        }));
        terminal.Line($"over {result.Settings.Length} {(result.Settings.Length == 1 ? "setting" : "settings")} the simulated step is off by "
            + $"{Told(result.MedianError())} in the median and {Told(result.LargestError())} at most");
    }

    private static string Told(double error) => FormattableString.Invariant($"{RealityResult.ToldPercent(error):F1} %");

    private static string Percent(double error) => FormattableString.Invariant($"{error * 100:+0.0;-0.0} %");
}
