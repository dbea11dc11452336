using MoEPlace.Results;

namespace MoEPlace.Reports.Lives;

/// <summary>What a story comes to, in sentences without a full stop; null where it did not come to that.</summary>
internal static class LiveFindings
{
    internal static string? Steps(LiveResult result) => Told(result, "A decode step", p => p.StepSeconds, Quantity.Seconds);

    internal static string? Copies(LiveResult result) => Told(result, "States that cross to other nodes, a token and layer", p => p.NodeCopies, v => Quantity.Ratio(v));

    internal static string? Crossing(LiveResult result) => Told(result, "Top-1 crossing of nodes", p => p.NodeCrossing, v => Quantity.Percent(v));

    internal static string? Drift(LiveResult result) => At(result, "drift") is { } seen && At(result, "shift") is { } shift && seen >= shift
        ? FormattableString.Invariant($"The shift was seen after {seen - shift:0} s")
        : result.Samples.IsEmpty ? null : "No shift was seen";

    private static double? At(LiveResult result, string kind) => result.Events.FirstOrDefault(e => e.Kind == kind)?.Seconds;

    private static string? Told(LiveResult result, string what, Func<LivePeriod, double?> of, Func<double?, string> show)
    {
        (string Name, double Value)[] told = [.. result.Periods.Where(p => of(p) is not null).Select(p => (p.Name, of(p)!.Value))];
        if (told.Length == 0)
            return null;
        var text = $"{what}: {string.Join(", ", told.Select(p => $"{show(p.Value)} {p.Name}"))}";
        return told.Length < 3 ? text : $"{text}, {Change(told[1].Value, told[2].Value)}";
    }

    private static string Change(double before, double after) => FormattableString.Invariant(
        $"{Math.Abs(100 * (after - before) / before):0.0} % {(after <= before ? "less" : "more")} than before");
}
