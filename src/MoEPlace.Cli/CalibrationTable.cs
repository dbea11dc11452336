using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>What was measured, as a person reads it on a terminal.</summary>
internal static class CalibrationTable
{
    /// <summary>What each line tells.</summary>
    internal static IReadOnlyList<string> Columns { get; } = ["of every rank", "median", "p10", "p90", "repeats"];

    /// <summary>A line per measurement.</summary>
    internal static IEnumerable<IReadOnlyList<string>> Rows(CalibrationMeasurements measured)
    {
        foreach (var one in measured.Attention)
            yield return Row($"attention, {Of(one)}", one.Time);
        foreach (var one in measured.Experts)
            yield return Row($"experts, {MeasureTable.Count(one.Pairs)} pairs on {MeasureTable.Count(one.Experts)}", one.Time);
        foreach (var one in measured.Step)
            yield return Row($"step, {Of(one)}", one.Time);
        foreach (var one in measured.Exchanges)
            yield return Row($"{one.Direction}, {one.Peers}, {MeasureTable.Bytes(one.BytesPerPeer)} each", one.Time);
    }

    private static string Of(MeasuredTokens one) =>
        $"{MeasureTable.Count(one.Tokens)} tokens" + (one.ContextTokens > 0 ? $" of {MeasureTable.Count(one.ContextTokens)}" : "");

    private static IReadOnlyList<string> Row(string name, MeasuredTime time) =>
        [name, MeasureTable.Seconds(time.Median), MeasureTable.Seconds(time.P10), MeasureTable.Seconds(time.P90), MeasureTable.Count(time.Repeats)];
}
