using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>The one place that says what a valid result of a simulation is.</summary>
public static class SimulationCheck
{
    /// <summary>Three million seconds: beyond it picoseconds would run over.</summary>
    private const long MostPicoseconds = 3_000_000_000_000_000_000;

    /// <summary>
    /// Notes every breach: at least one variant, each of another name; times, bytes and measures finite and not negative; shares from 0 to
    /// 1; spans on tracks that exist.
    /// </summary>
    /// <param name="result">What to check; strings and lists may be missing here, as files can say anything.</param>
    /// <param name="faults">Where to note it.</param>
    public static void Check(SimulationResult result, InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(result.Format == SimulationResult.FormatName, "format", result.Format, $"\"{SimulationResult.FormatName}\"");
        faults.Require(result.Origin is "measured" or "synthetic", "origin", result.Origin, "\"measured\" or \"synthetic\"");
        faults.Require(!string.IsNullOrWhiteSpace(result.Scenario), "scenario", result.Scenario, "a name");
        faults.Require(!result.Variants.IsDefaultOrEmpty, "variants", "[]", "at least one");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, variant) in Each(result.Variants, "variants", faults))
        {
            var named = faults.Require(!string.IsNullOrWhiteSpace(variant.Name), $"variants[{i}].name", variant.Name, "a name");
            faults.Require(!named || names.Add(variant.Name), $"variants[{i}].name", variant.Name, "a name that no other variant has");
            CheckVariant(variant, $"variants[{i}]", faults);
        }
        foreach (var (i, expectation) in Each(result.Expectations, "expectations", faults))
            foreach (var (name, value) in new[] { ("least", expectation.Least), ("most", expectation.Most), ("value", expectation.Value) })
                faults.Require(value is null || double.IsFinite(value.Value), $"expectations[{i}].{name}", value, "a finite number");
        foreach (var (i, figure) in Each(result.Published, "published", faults))
            faults.Require(
                double.IsFinite(figure.PublishedValue) && double.IsFinite(figure.Simulated), $"published[{i}]", figure.Simulated,
                "finite numbers");
        _ = Each(result.Assumptions, "assumptions", faults).Count();
    }

    private static void CheckVariant(SimulatedVariant variant, string field, InputFaults faults)
    {
        faults.Require(variant.Nodes is >= 1 and <= 65_536, field + ".nodes", variant.Nodes, "1 to 65,536");
        faults.Require(variant.RanksPerNode is >= 1 and <= 1_024, field + ".ranksPerNode", variant.RanksPerNode, "1 to 1,024");
        faults.Require(variant.Steps >= 1, field + ".steps", variant.Steps, "1 or more");
        faults.Require(variant.TokensPerStep >= 0, field + ".tokensPerStep", variant.TokensPerStep, "0 or more");
        faults.Require(variant.Events >= 0, field + ".events", variant.Events, "0 or more");
        if (faults.Require(variant.Measures is not null, field + ".measures", null, "measures by name"))
            foreach (var (name, value) in variant.Measures!)
                NotNegative($"{field}.measures.{name}", value, faults);
        foreach (var (i, phase) in Each(variant.Phases, field + ".phases", faults))
        {
            var at = $"{field}.phases[{i}]";
            faults.Require(!string.IsNullOrWhiteSpace(phase.Phase), at + ".phase", phase.Phase, "a name");
            NotNegative(at + ".busySeconds", phase.BusySeconds, faults);
            NotNegative(at + ".mostSeconds", phase.MostSeconds, faults);
            NotNegative(at + ".exposedSeconds", phase.ExposedSeconds, faults);
        }
        foreach (var (i, resource) in Each(variant.Resources, field + ".resources", faults))
        {
            Share($"{field}.resources[{i}].meanShare", resource.MeanShare, faults);
            Share($"{field}.resources[{i}].mostShare", resource.MostShare, faults);
        }
        foreach (var (i, load) in Each(variant.LinkShares, field + ".linkShares", faults))
            if (faults.Require(!load.Shares.IsDefault, $"{field}.linkShares[{i}].shares", null, "a list"))
                foreach (var (bin, share) in load.Shares.Index())
                    Share($"{field}.linkShares[{i}].shares[{bin}]", share, faults);
        if (variant.Timeline is { } timeline)
            CheckTimeline(timeline, field + ".timeline", faults);
    }

    private static void CheckTimeline(Timeline timeline, string field, InputFaults faults)
    {
        foreach (var (i, track) in Each(timeline.Tracks, field + ".tracks", faults))
            faults.Require(track.Group is not null && track.Name is not null, $"{field}.tracks[{i}]", null, "a group and a name");
        var tracks = timeline.Tracks.IsDefault ? 0 : timeline.Tracks.Length;
        foreach (var (i, span) in Each(timeline.Spans, field + ".spans", faults))
        {
            faults.Require(span.Track >= 0 && span.Track < tracks, $"{field}.spans[{i}].track", span.Track, $"0 to {tracks - 1}");
            faults.Require(span.Phase is not null, $"{field}.spans[{i}].phase", null, "a name");
            Time($"{field}.spans[{i}].beginPicoseconds", span.BeginPicoseconds, faults);
            Time($"{field}.spans[{i}].durationPicoseconds", span.DurationPicoseconds, faults);
            faults.Require(span.Bytes >= 0, $"{field}.spans[{i}].bytes", span.Bytes, "0 or more");
        }
    }

    /// <summary>The entries that there are; those that are missing are noted.</summary>
    internal static IEnumerable<(int Index, T Entry)> Each<T>(ImmutableArray<T> list, string field, InputFaults faults)
    {
        if (!faults.Require(!list.IsDefault, field, null, "a list"))
            yield break;
        foreach (var (i, entry) in list.Index())
            if (faults.Require(entry is not null, $"{field}[{i}]", null, "an entry"))
                yield return (i, entry);
    }

    private static void Time(string field, long picoseconds, InputFaults faults) =>
        faults.Require(picoseconds is >= 0 and <= MostPicoseconds, field, picoseconds, $"0 to {MostPicoseconds}");

    private static void NotNegative(string field, double value, InputFaults faults) =>
        faults.Require(double.IsFinite(value) && value >= 0, field, value, "a finite number, 0 or more");

    // A share is a quotient of two sums: rounding may put it a little above 1.
    private static void Share(string field, double value, InputFaults faults) =>
        faults.Require(value is >= 0 and <= 1 + 1e-6, field, value, "0 to 1");
}
