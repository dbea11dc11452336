using System.Globalization;

namespace MoEPlace.Results;

/// <summary>How measures of two variants compare: one rule for words, pages and terminals.</summary>
public static class MeasureRatio
{
    /// <summary>
    /// A measure of a variant over that of the baseline. Where their steps have other tokens, times and bytes are compared per token.
    /// </summary>
    /// <param name="measure">One of <see cref="SimulationMeasure"/>.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="baseline">What it is compared with.</param>
    /// <returns>0 or more; null where either was not measured, or the baseline's is 0.</returns>
    public static double? Of(string measure, SimulatedVariant variant, SimulatedVariant baseline)
    {
        ArgumentNullException.ThrowIfNull(variant);
        ArgumentNullException.ThrowIfNull(baseline);
        if (!variant.Measures.TryGetValue(measure, out var after) || !baseline.Measures.TryGetValue(measure, out var before) || before == 0)
            return null;
        return IsPerToken(measure, variant, baseline) ? after / before * baseline.TokensPerStep / variant.TokensPerStep : after / before;
    }

    /// <summary>Whether <see cref="Of"/> compares per token: the steps have other tokens, and the measure grows with them.</summary>
    /// <param name="measure">One of <see cref="SimulationMeasure"/>.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="baseline">What it is compared with.</param>
    public static bool IsPerToken(string measure, SimulatedVariant variant, SimulatedVariant baseline)
    {
        ArgumentNullException.ThrowIfNull(variant);
        ArgumentNullException.ThrowIfNull(baseline);
        return variant.TokensPerStep != baseline.TokensPerStep && variant.TokensPerStep > 0 && baseline.TokensPerStep > 0
            && measure is not (SimulationMeasure.TokensPerSecond or SimulationMeasure.Imbalance);
    }

    /// <summary>
    /// A ratio for people, rounded towards 1, so that no difference is told larger than it is: whole from 100 on, below 0.1 to as many
    /// digits after the leading zeros, else to <paramref name="decimals"/>.
    /// </summary>
    /// <param name="ratio">0 or more.</param>
    /// <param name="decimals">Digits after the point, 1 to 6.</param>
    public static string Text(double ratio, int decimals = 2)
    {
        if (ratio >= 100)
            return Math.Min(Math.Floor(ratio), 9e18).ToString("N0", CultureInfo.InvariantCulture);
        var shown = ratio is > 0 and < 0.1 ? Math.Min(decimals - (int)Math.Floor(Math.Log10(ratio)) - 1, 15) : decimals;
        var scale = Math.Pow(10, shown);
        // A ratio that is a decimal number but for its last bits is that number.
        var rounded = ratio >= 1 ? Math.Floor(ratio * scale * (1 + 1e-12) + 1e-9) : Math.Max(0, Math.Ceiling(ratio * scale * (1 - 1e-12) - 1e-9));
        return (rounded / scale).ToString("F" + shown, CultureInfo.InvariantCulture);
    }
}
