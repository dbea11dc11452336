using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>What a reality result shows, as sentences without a full stop. Errors are never told smaller than they are.</summary>
internal static class RealityFindings
{
    /// <summary>What the simulated step may be off by: in the median of the settings, and in any.</summary>
    internal const double MedianLimit = 0.1, LargestLimit = 0.2;

    /// <summary>How well the simulated step tells the measured one.</summary>
    internal static string Steps(RealityResult result)
    {
        var (median, largest) = (result.MedianError(), result.LargestError());
        var off = result.Settings.Length == 1
            ? $"The simulated step is off by {Upwards(largest)} in the only setting"
            : $"The simulated step is off by {Upwards(median)} in the median of {result.Settings.Length} settings and by {Upwards(largest)} at most";
        return $"{off}: {(StepsWithin(result) ? "within" : "NOT within")} the {Quantity.Percent(MedianLimit, 0)} "
            + $"and {Quantity.Percent(LargestLimit, 0)} that are asked for";
    }

    /// <summary>Whether as many bytes crossed the link as were evaluated, and what a placement saves of them.</summary>
    internal static string Bytes(RealityResult result)
    {
        var settings = result.Settings;
        var differing = settings.Count(s => s.MeasuredLinkBytes != s.EvaluatedLinkBytes);
        var agree = differing == 0
            ? $"the ranks counted exactly the bytes that evaluate tells{(settings.Length == 1 ? "" : $", in all {settings.Length} settings")}"
            : $"the ranks did NOT count what evaluate tells in {differing} of {settings.Length} settings";
        SettingPair[] pairs = [.. SettingPair.Of(result).Where(p => p.MeasuredBytes is not null)];
        if (pairs.Length == 0)
            return char.ToUpperInvariant(agree[0]) + agree[1..];
        var saved = Range(pairs.Select(p => 1 - p.MeasuredBytes!.Value), "fewer", "more");
        return $"{saved} bytes cross the link under {Names(pairs)} than under {Before(pairs)}; {agree}";
    }

    /// <summary>What a placement does to the step, measured and simulated; null where placements are not compared.</summary>
    internal static string? Gains(RealityResult result)
    {
        SettingPair[] pairs = [.. SettingPair.Of(result)];
        if (pairs.Length == 0)
            return null;
        var measured = Range(pairs.Select(p => 1 - p.MeasuredStep), "shorter", "longer");
        var simulated = Range(pairs.Select(p => 1 - p.SimulatedStep), "shorter", "longer");
        return $"Measured steps are {measured} under {Names(pairs)} than under {Before(pairs)}, simulated ones {simulated}";
    }

    /// <summary>Which phase the simulation tells worst.</summary>
    internal static string Phases(RealityResult result)
    {
        var worst = result.Settings.SelectMany(s => s.Phases.Select(p => (Setting: s, Phase: p)))
            .MaxBy(x => Math.Abs(x.Phase.SimulatedSeconds - x.Phase.MeasuredSeconds) / x.Setting.MeasuredSeconds);
        var gap = worst.Phase.SimulatedSeconds - worst.Phase.MeasuredSeconds;
        if (gap == 0)
            return "Every phase takes what was simulated";
        return $"No phase is off by more than {Upwards(Math.Abs(gap) / worst.Setting.MeasuredSeconds)} of its step: "
            + $"{PlainText.Clean(worst.Phase.Phase, 30)} in {Label(worst.Setting)} takes {Quantity.Seconds(worst.Phase.MeasuredSeconds)}, "
            + $"simulated {Quantity.Seconds(worst.Phase.SimulatedSeconds)}";
    }

    /// <summary>What a migration does to the steps beside which it travels.</summary>
    internal static string Migration(RealityMigration migration)
    {
        var moved = $"{Quantity.Count(migration.ExpertsMoved)} of {Quantity.Count(migration.Experts)} experts "
            + (migration.ExpertsMoved == 1 ? "moves" : "move");
        var (with, without) = (migration.StepSecondsP95(moving: true), migration.StepSecondsP95(moving: false));
        if (with == 0 || without == 0)
            return $"While {moved}, no step {(with == 0 ? "with" : "without")} weights beside it was measured";
        var allowed = migration.AllowedSeconds();
        return $"While {moved}, 19 of 20 steps take at most {Quantity.Seconds(with)}, without {Quantity.Seconds(without)}: "
            + $"{(with <= allowed ? "within" : "NOT within")} the {Quantity.Seconds(allowed)} that are allowed";
    }

    /// <summary>Whether nothing that was measured is outside what is asked for.</summary>
    internal static bool AllWithin(RealityResult result) =>
        StepsWithin(result) && result.Settings.All(s => s.MeasuredLinkBytes == s.EvaluatedLinkBytes)
        && (result.Migration is not { } m || m.StepSecondsP95(moving: false) == 0 || m.StepSecondsP95(moving: true) <= m.AllowedSeconds());

    private static bool StepsWithin(RealityResult result) => result.MedianError() <= MedianLimit && result.LargestError() <= LargestLimit;

    /// <summary>A setting in a few words.</summary>
    internal static string Label(RealitySetting setting) => $"{Shared(setting)}, {PlainText.Clean(setting.Placement, 24)}";

    /// <summary>The same without the placement.</summary>
    internal static string Shared(RealitySetting setting) => $"{PlainText.Clean(setting.Link, 24)}, {Quantity.Count(setting.TokensPerStep)} tokens";

    /// <summary>A share as percent, rounded up to a tenth.</summary>
    internal static string Upwards(double share) => Quantity.Percent(RealityResult.ToldPercent(share) / 100);

    private static string Names(SettingPair[] pairs) =>
        string.Join(" and ", pairs.Select(p => PlainText.Clean(p.After.Placement, 24)).Distinct().Take(3));

    private static string Before(SettingPair[] pairs) =>
        string.Join(" and ", pairs.Select(p => PlainText.Clean(p.Before.Placement, 24)).Distinct().Take(3));

    /// <summary>From the least to the most, for example <c>12.0 % to 31.0 % fewer</c>.</summary>
    private static string Range(IEnumerable<double> shares, string less, string more)
    {
        double[] ordered = [.. shares.Order()];
        var (least, most) = (ordered[0], ordered[^1]);
        if (least < 0 && most > 0)
            return $"{Quantity.Percent(-least)} {more} to {Quantity.Percent(most)} {less}";
        var (low, high) = (Quantity.Percent(Math.Min(Math.Abs(least), Math.Abs(most))), Quantity.Percent(Math.Max(Math.Abs(least), Math.Abs(most))));
        return $"{(low == high ? low : $"{low} to {high}")} {(least < 0 ? more : less)}";
    }
}
