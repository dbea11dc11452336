using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>
/// What simulations say, as sentences computed from the numbers. Ratios and shares are rounded towards no difference, so that none is told
/// larger than it is; what two decimals do not tell apart is told as equal.
/// </summary>
internal static class SimulationFindings
{
    private const int MostParts = 4;

    /// <summary>Parts below this share of the difference are gathered.</summary>
    private const double LeastShare = 0.02;

    /// <summary>A variant against the baseline: how much, from where, and what is hidden.</summary>
    internal static string Compare(SimulationSection section, DrawnVariant variant)
    {
        var baseline = section.Baseline;
        if (StepChange.Between(baseline, variant) is not { } change)
            return $"{variant.Name}: its step was not measured";
        var sentences = new List<string> { $"{variant.Name}: {Speed(baseline, variant, change)}" };
        sentences.AddRange(Hidden(baseline, variant));
        AddTraffic(SimulationMeasure.InterNodeBytes, "between nodes");
        AddTraffic(SimulationMeasure.IntraNodeBytes, "between GPUs of a node");
        return string.Join(". ", sentences);

        void AddTraffic(string key, string where)
        {
            if (Traffic(key, baseline, variant) is { } told)
                sentences.Add($"{told} {where}");
        }
    }

    /// <summary>What the step of one variant is made of.</summary>
    internal static string Made(DrawnVariant variant)
    {
        if (variant.Step is not { } step)
            return $"{variant.Name}: its step was not measured";
        var parts = StepChange.Parts(variant.Result, step).Where(p => p.Seconds >= LeastShare * step && p.Seconds > 0)
            .OrderByDescending(p => p.Seconds);
        var told = parts.Take(MostParts).Select(p => $"{p.Part} {Quantity.Seconds(p.Seconds)} ({Share(p.Seconds / step)})").ToArray();
        return $"{variant.Name}: a step takes {Quantity.Seconds(step)}" + (told.Length > 0 ? ", of which " + string.Join(", ", told) : "");
    }

    /// <summary>How much of the step exchange and waiting expose.</summary>
    internal static string Exposed(SimulationSection section)
    {
        var (first, best) = (section.Baseline, section.Fastest);
        if (OutsideComputation(first) is not { } before)
            return "Where the time of a step goes";
        var begin = $"{Share(before)} of the step is no computation with {first.Name}";
        return first == best || OutsideComputation(best) is not { } after ? begin : begin + Other(before, after, best);
    }

    /// <summary>How busy the compute stream and the links are.</summary>
    internal static string Busy(SimulationSection section)
    {
        var (first, best) = (section.Baseline.Result, section.Fastest.Result);
        var kind = first.Resources.MaxBy(r => r.MeanShare)!;
        var after = best.Resources.FirstOrDefault(r => r.Kind == kind.Kind);
        var begin = $"The busiest is {PlainText.Clean(kind.Kind, 30)}: {Share(kind.MeanShare)} of the time on average with {section.Baseline.Name}";
        return first == best || after is null ? begin : begin + Other(kind.MeanShare, after.MeanShare, section.Fastest);
    }

    /// <summary>The end of a sentence that told a share of the baseline: the share of another variant.</summary>
    internal static string Other(double before, double after, DrawnVariant variant) =>
        Share(before) == Share(after) ? $", as much with {variant.Name}" : $", {Share(after)} with {variant.Name}";

    /// <summary>A share of 0 to 1, never told larger than it is: tenths of a percent below 10 %, else whole ones.</summary>
    internal static string Share(double share)
    {
        var decimals = share < 0.0995 ? 1 : 0;
        var scale = Math.Pow(10, decimals + 2);
        return Quantity.Percent(Math.Floor(share * scale + 1e-9) / scale, decimals);
    }

    /// <summary>A ratio above 1, never told larger than it is.</summary>
    internal static string Times(double ratio) => MeasureRatio.Text(ratio);

    private static string Speed(DrawnVariant baseline, DrawnVariant variant, StepChange change)
    {
        var (before, after) = (change.Before, change.After);
        var times = $"{Quantity.Seconds(before)} → {Quantity.Seconds(after)}";
        var rate = Rate(baseline, variant);
        if (before <= 0 || after <= 0)
            return $"step {times}{rate}";
        var ratio = Math.Max(before / after, after / before);
        if (Times(ratio) == "1.00")
            return before == after ? $"step as with {baseline.Name} ({Quantity.Seconds(after)}){rate}"
                : $"step within 1 % of {baseline.Name} ({times}){rate}";
        var faster = after < before;
        var told = faster ? $"step {Times(ratio)}× faster than {baseline.Name} ({times})"
            : $"step takes {Times(ratio)}× as long as with {baseline.Name} ({times})";
        return told + rate + Origin(change, faster);
    }

    /// <summary>Where tokens differ a step says little: tokens a second do.</summary>
    private static string Rate(DrawnVariant baseline, DrawnVariant variant)
    {
        var (was, becomes) = (baseline.Result.TokensPerStep, variant.Result.TokensPerStep);
        if (was == becomes)
            return "";
        var told = $" for {Quantity.Count(becomes)} tokens instead of {Quantity.Count(was)}";
        var (slow, fast) = (baseline.Measure(SimulationMeasure.TokensPerSecond), variant.Measure(SimulationMeasure.TokensPerSecond));
        return slow > 0 && fast > 0
            ? told + (fast >= slow ? $", {Times(fast.Value / slow.Value)}× as many tokens a second"
                : $", {Share(1 - fast.Value / slow.Value)} fewer tokens a second")
            : told;
    }

    /// <summary>The parts that make the difference, then those that work against it.</summary>
    private static string Origin(StepChange change, bool faster)
    {
        var sign = faster ? 1 : -1;
        var total = Math.Abs(change.Before - change.After);
        var with = change.Saved.Where(s => s.Seconds * sign >= LeastShare * total).Take(MostParts).ToArray();
        var against = change.Saved.Where(s => s.Seconds * sign <= -LeastShare * total).Take(MostParts).ToArray();
        if (with.Length == 0)
            return "";
        var causes = with.Select((s, i) => (i == 0 ? $"{s.Part} {(faster ? "fell" : "grew")} by " : $"{s.Part} by ")
            + Quantity.Seconds(Math.Abs(s.Seconds))
            + (Math.Abs(s.Seconds) <= total ? $" ({Share(Math.Abs(s.Seconds) / total)} of the {(faster ? "gain" : "loss")})" : ""));
        var counter = against.Select((s, i) => (i == 0 ? $"{s.Part} {(faster ? "grew" : "fell")} by " : $"{s.Part} by ")
            + Quantity.Seconds(Math.Abs(s.Seconds)));
        return ": " + string.Join(", ", causes) + (against.Length > 0 ? "; against it, " + string.Join(", ", counter) : "");
    }

    /// <summary>How much of the exchange runs behind computation, where that is told or changes.</summary>
    private static IEnumerable<string> Hidden(DrawnVariant baseline, DrawnVariant variant)
    {
        if (HiddenExchange(variant) is not { } after || HiddenExchange(baseline) is not { } before)
            yield break;
        var told = after.Busy > 0 ? $"{Quantity.Seconds(after.Hidden)} of {Quantity.Seconds(after.Busy)} of exchange" : "no exchange";
        if (after.Hidden > LeastShare * after.Busy || before.Hidden > LeastShare * before.Busy)
            yield return $"Hidden behind computation: {told} (before: {Quantity.Seconds(before.Hidden)} of {Quantity.Seconds(before.Busy)})";
    }

    private static (double Hidden, double Busy)? HiddenExchange(DrawnVariant variant) =>
        variant.Measure(SimulationMeasure.ExchangeSeconds) is { } busy && variant.Measure(SimulationMeasure.ExposedExchangeSeconds) is { } exposed
            ? (Math.Max(0, busy - exposed), busy) : null;

    /// <summary>Bytes that became fewer or more, of a token where tokens differ; null where less than a hundredth changed.</summary>
    private static string? Traffic(string key, DrawnVariant baseline, DrawnVariant variant)
    {
        var (before, after) = (baseline.Measure(key), variant.Measure(key));
        var of = MeasureRatio.IsPerToken(key, variant.Result, baseline.Result) ? " of each token" : "";
        return (before, after) switch
        {
            (null, _) or (_, null) or (0, 0) => null,
            (0, _) => $"{Quantity.Bytes(after)} where there were none",
            (_, 0) => $"No bytes any more ({Quantity.Bytes(before)} before)",
            _ => MeasureRatio.Of(key, variant.Result, baseline.Result) switch
            {
                <= 0.99 and { } ratio => $"{Share(1 - ratio)} fewer bytes{of}",
                >= 2 and { } ratio => $"{Times(ratio)}× the bytes{of}",
                >= 1.01 and { } ratio => $"{Share(ratio - 1)} more bytes{of}",
                _ => null,
            },
        };
    }

    /// <summary>The share of the step in which the mean rank does not compute.</summary>
    private static double? OutsideComputation(DrawnVariant variant)
    {
        if (variant.Step is not { } step || step <= 0 || variant.Result.Phases.Length == 0)
            return null;
        var computes = StepPhase.Of(variant.Result.Phases.Select(p => p.Phase)).Where(p => p.IsComputation).Select(p => p.Name).ToHashSet();
        return Math.Clamp(1 - variant.Result.Phases.Where(p => computes.Contains(p.Phase)).Sum(p => p.ExposedSeconds) / step, 0, 1);
    }
}
