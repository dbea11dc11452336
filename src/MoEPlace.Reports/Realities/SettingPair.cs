using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>Two placements on one link at one batch.</summary>
/// <param name="Before">Contiguous, or the first.</param>
/// <param name="After">Another.</param>
internal sealed record SettingPair(RealitySetting Before, RealitySetting After)
{
    private const string Contiguous = "contiguous";

    /// <summary>Bytes over the link that are left, as the ranks counted them; null where there were none.</summary>
    internal double? MeasuredBytes => Ratio(After.MeasuredLinkBytes, Before.MeasuredLinkBytes);

    /// <summary>The same as <c>evaluate</c> says.</summary>
    internal double? EvaluatedBytes => Ratio(After.EvaluatedLinkBytes, Before.EvaluatedLinkBytes);

    /// <summary>The median step over that before.</summary>
    internal double MeasuredStep => After.MeasuredSeconds / Before.MeasuredSeconds;

    /// <summary>The same as it was simulated.</summary>
    internal double SimulatedStep => After.SimulatedSeconds / Before.SimulatedSeconds;

    /// <summary>All pairs of a result, in the order of its settings.</summary>
    internal static ImmutableArray<SettingPair> Of(RealityResult result) =>
    [
        .. result.Settings.GroupBy(s => (s.Link, s.TokensPerStep)).SelectMany(group =>
        {
            var before = group.FirstOrDefault(s => s.Placement == Contiguous) ?? group.First();
            return group.Where(s => s != before).Select(after => new SettingPair(before, after));
        }),
    ];

    private static double? Ratio(long after, long before) => before > 0 ? (double)after / before : null;
}
