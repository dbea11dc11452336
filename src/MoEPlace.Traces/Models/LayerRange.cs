using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace.Traces.Models;

/// <summary>A list of layer numbers as people write it: <c>1-26</c>, <c>3,5,7-9</c>.</summary>
public static class LayerRange
{
    private const int LastLayer = 9_999;
    private const string Allowed = "numbers and ranges, rising, 0 to 9,999, for example 1-26 or 3,5,7-9";

    /// <summary>Reads a list.</summary>
    /// <param name="text">The list.</param>
    /// <param name="option">What gave it, for example <c>--moe-layers</c>; it stands as the file in faults.</param>
    /// <returns>The numbers, rising.</returns>
    /// <exception cref="InputException">It is not such a list.</exception>
    public static ImmutableArray<int> Parse(string text, string option = "--moe-layers")
    {
        ArgumentNullException.ThrowIfNull(text);
        var layers = ImmutableArray.CreateBuilder<int>();
        foreach (var part in text.Split(','))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var first = Number(dash < 0 ? part : part[..dash]);
            var last = dash < 0 ? first : Number(part[(dash + 1)..]);
            if (first < 0 || last < first || (layers.Count > 0 && first <= layers[^1]))
                throw new InputException(option, "layers", text, Allowed);
            for (var layer = first; layer <= last; layer++)
                layers.Add(layer);
        }
        return layers.ToImmutable();
    }

    /// <summary>Writes numbers as such a list.</summary>
    /// <param name="layers">Rising.</param>
    public static string Show(ImmutableArray<int> layers)
    {
        var parts = new List<string>();
        for (int i = 0, end; i < layers.Length; i = end)
        {
            end = i + 1;
            while (end < layers.Length && layers[end] == layers[end - 1] + 1)
                end++;
            parts.Add(end - i == 1 ? $"{layers[i]}" : $"{layers[i]}-{layers[end - 1]}");
        }
        return string.Join(',', parts);
    }

    private static int Number(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= LastLayer ? number : -1;
}
