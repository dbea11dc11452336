using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>How the measure on the test part falls with the number of tokens that are solved on.</summary>
/// <param name="TestTokens">Tokens of the test part.</param>
/// <param name="Contiguous">The measure of contiguous placement on it.</param>
/// <param name="Points">Two or more, from the fewest tokens to the whole training part, each holding the sequences before it.</param>
/// <param name="EnoughTokens">
/// The smallest number from which on the gain stays within 2 % of the gain of the whole training part; null when only the whole does.
/// </param>
public sealed record LearningCurve(long TestTokens, double Contiguous, ImmutableArray<LearningPoint> Points, long? EnoughTokens)
{
    /// <summary>The share of the whole gain that may be missing: 2 %.</summary>
    public const double Tolerance = 0.02;

    /// <summary>A curve; tells how many tokens are enough.</summary>
    public static LearningCurve Of(long testTokens, double contiguous, ImmutableArray<LearningPoint> points)
    {
        var allowed = points[^1].Test + Tolerance * Math.Max(0, contiguous - points[^1].Test);
        var first = points.Length - 1;
        while (first > 0 && points[first - 1].Test <= allowed)
            first--;
        return new LearningCurve(testTokens, contiguous, points, first == points.Length - 1 ? null : points[first].Tokens);
    }
}
