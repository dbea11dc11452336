using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>A variant as the figures show it.</summary>
/// <param name="Name">Short and unlike any other of the result.</param>
/// <param name="Color">Its own, grey for the baseline.</param>
/// <param name="Dash">Lengths of dashes and gaps, told apart among variants of one colour.</param>
/// <param name="Result">What it came to.</param>
internal sealed record DrawnVariant(string Name, string Color, int[] Dash, SimulatedVariant Result)
{
    private const int LongestName = 40;
    private static readonly string[] Colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#AA4499", "#999933"];
    private static readonly int[][] Dashes = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 6]];

    /// <summary>Mean time of a step, seconds; null when it was not measured.</summary>
    internal double? Step => Measure(SimulationMeasure.StepSeconds);

    /// <summary>One of <see cref="SimulationMeasure"/>; null when it was not measured.</summary>
    internal double? Measure(string name) => Result.Measures.TryGetValue(name, out var value) ? value : null;

    /// <summary>All variants of a result in its order.</summary>
    internal static DrawnVariant[] All(SimulationResult result)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. result.Variants.Select((variant, i) =>
        {
            var name = PlainText.Clean(variant.Name, LongestName);
            for (var copy = 2; !names.Add(name); copy++)
                name = $"{PlainText.Clean(variant.Name, LongestName - 6)} ({copy})";
            return i == 0
                ? new DrawnVariant(name, "#7A7F85", Dashes[0], variant)
                : new DrawnVariant(name, Colors[(i - 1) % Colors.Length], Dashes[(i - 1) / Colors.Length % Dashes.Length], variant);
        })];
    }
}
