using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>A placement as the figures show it.</summary>
/// <param name="Name">Its label, short and unlike any other of the result.</param>
/// <param name="Color">The colour of its policy.</param>
/// <param name="Dash">Lengths of dashes and gaps, told apart among placements of one colour; [1, 0] is solid.</param>
/// <param name="Shape">The symbol, told apart likewise.</param>
/// <param name="Result">What it was judged to be.</param>
internal sealed record DrawnPlacement(string Name, string Color, int[] Dash, string Shape, PlacementResult Result)
{
    private const int LongestName = 40;
    private static readonly int[][] Dashes = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 6]];
    private static readonly string[] Shapes = ["circle", "square", "triangle-up", "diamond", "cross"];

    internal PlacementMeasures Measures => Result.Measures;

    internal PlacementDetail Detail => Result.Detail;

    /// <summary>All placements of a result in its order.</summary>
    internal static DrawnPlacement[] All(ResultFile result, PolicyColors colors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. result.Placements.Select(placement =>
        {
            var name = PlainText.Clean(placement.Label, LongestName);
            for (var copy = 2; !names.Add(name); copy++)
                name = $"{PlainText.Clean(placement.Label, LongestName - 6)} ({copy})";
            var color = colors.Of(placement.Policy);
            var ordinal = seen[color] = seen.GetValueOrDefault(color, -1) + 1;
            return new DrawnPlacement(name, color, Dashes[ordinal % Dashes.Length], Shapes[ordinal % Shapes.Length], placement);
        })];
    }
}
