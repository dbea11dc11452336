using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>A simulation as a person reads it on a terminal.</summary>
internal static class SimulationTables
{
    /// <summary>Variants beside the baseline, then expectations, then what papers say.</summary>
    public static void Print(Terminal terminal, SimulationResult result)
    {
        terminal.Line(result.Title);
        terminal.Line(result.Question);
        terminal.Line($"{result.Model} ({result.Origin} routing), {result.Phase}, seed {result.Seed}");
        foreach (var variant in result.Variants)
            terminal.Line($"{variant.Name}: {variant.Description}; {variant.Nodes} x {variant.RanksPerNode} ranks of {variant.Cluster}, "
                + $"placement {variant.Placement}, {variant.Schedule}, {MeasureTable.Count(variant.TokensPerStep)} tokens a step");
        var baseline = result.Variants[0];
        var names = SimulationMeasure.All.Where(name => result.Variants.Any(v => v.Measures.ContainsKey(name)));
        var sameTokens = result.Variants.All(v => v.TokensPerStep == baseline.TokensPerStep);
        terminal.Table(
            [sameTokens ? "" : "x: over the first,\ntimes and bytes per token", .. result.Variants.Select(v => v.Name)],
            names.Select(name => (string[])[Words(name), .. result.Variants.Select(v => Cell(name, v, baseline))]));
        foreach (var expected in result.Expectations)
            terminal.Line($"{(expected.Met ? "as expected" : "NOT AS EXPECTED")}: {Words(expected)} ({expected.Why})");
        foreach (var figure in result.Published)
            terminal.Line(
                $"{figure.System} ({figure.Source}): {figure.Measure}, {figure.Configuration}: here {(figure.Simulated < 1_000 ? MeasureRatio.Text(figure.Simulated) : Plain(figure.Simulated))}, "
                    + $"published {Plain(figure.PublishedValue, 2)} ({figure.Published}). {figure.Difference}");
        foreach (var assumption in result.Assumptions)
            terminal.Line($"assumed: {assumption}");
    }

    /// <summary>An expectation and what came out, in a line.</summary>
    public static string Words(ExpectationOutcome expected)
    {
        var limits = (expected.Least, expected.Most) switch
        {
            ({ } least, { } most) => $"{Plain(least)} to {Plain(most)}",
            ({ } least, null) => $"at least {Plain(least)}",
            (_, var most) => $"at most {Plain(most ?? 0)}",
        };
        var over = expected.Over is null ? "" : $" over that of {expected.Over}";
        return $"{expected.Measure} of {expected.Variant}{over} {limits}: {(expected.Over is null ? Plain(expected.Value) : MeasureRatio.Text(expected.Value, 4))}";
    }

    private static string Cell(string name, SimulatedVariant variant, SimulatedVariant baseline)
    {
        if (!variant.Measures.TryGetValue(name, out var value))
            return "-";
        var text = name switch
        {
            SimulationMeasure.IntraNodeBytes or SimulationMeasure.InterNodeBytes => MeasureTable.Bytes((long)value),
            SimulationMeasure.Imbalance => MeasureTable.Number(value),
            SimulationMeasure.DroppedFraction => MeasureTable.Share(value),
            SimulationMeasure.TokensPerSecond => value.ToString("N0", CultureInfo.InvariantCulture),
            _ => MeasureTable.Seconds(value),
        };
        return variant != baseline && MeasureRatio.Of(name, variant, baseline) is { } ratio
            ? $"{text}  x{MeasureRatio.Text(ratio)}" : text;
    }

    private static string Words(string measure) => measure switch
    {
        SimulationMeasure.StepSeconds => "step",
        SimulationMeasure.StepSecondsP95 => "step, 95th percentile",
        SimulationMeasure.TokensPerSecond => "tokens a second",
        SimulationMeasure.ExchangeSeconds => "exchanges",
        SimulationMeasure.RoutingSeconds => "dispatch and combine",
        SimulationMeasure.ExposedExchangeSeconds => "exchanges, exposed",
        SimulationMeasure.WaitSeconds => "waiting for other ranks",
        SimulationMeasure.ComputeSeconds => "computing",
        SimulationMeasure.ExpertSecondsMost => "experts, busiest rank",
        SimulationMeasure.IntraNodeBytes => "inside nodes",
        SimulationMeasure.InterNodeBytes => "between nodes",
        SimulationMeasure.DroppedFraction => "dropped",
        _ => measure,
    };

    /// <summary>A number without an exponent, its digits grouped: whole from 1,000 on, else to so many digits after leading zeros.</summary>
    internal static string Plain(double value, int digits = 4)
    {
        var size = Math.Abs(value);
        if (size >= 1e15)
            return "beyond bounds";
        var decimals = size >= 1_000 || size == 0 ? 0 : size >= 0.1 ? digits : Math.Min(digits - (int)Math.Floor(Math.Log10(size)) - 1, 300);
        return value.ToString("#,0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }
}
