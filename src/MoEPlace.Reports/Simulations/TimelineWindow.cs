namespace MoEPlace.Reports.Simulations;

/// <summary>The layers of a step that are drawn in full: a few from its middle, or all.</summary>
/// <param name="First">The first layer; -1 when the whole step is drawn.</param>
/// <param name="Past">The layer after the last; at least that or the end of the step.</param>
/// <param name="Spans">For each variant from when, and when its last layer is done, picoseconds.</param>
internal sealed record TimelineWindow(int First, int Past, (long Begin, long End)[] Spans)
{
    private const int MostLayers = 4;

    internal bool IsWhole => First < 0;

    /// <summary>The axis that all variants share: as long as the slowest takes.</summary>
    internal long Length => Math.Max(1, Spans.Max(s => s.End - s.Begin));

    /// <summary>The widest window whose spans stay within <paramref name="most"/>; one layer at least.</summary>
    internal static TimelineWindow Choose(TimelineRows[] variants, int most)
    {
        var whole = new TimelineWindow(-1, -1, [.. variants.Select(v => (0L, v.End))]);
        int[] layers = [.. variants[0].Layers.Keys];
        if (layers.Length <= MostLayers && Count(variants, whole) <= most || layers.Length < 2)
            return whole;
        TimelineWindow? narrow = null;
        for (var width = Math.Min(MostLayers - 1, layers.Length - 1); width >= 1; width--)
        {
            var middle = (layers.Length - width) / 2;
            var (first, past) = (layers[middle], middle + width < layers.Length ? layers[middle + width] : layers[^1] + 1);
            narrow = new TimelineWindow(first, past, [.. variants.Select(v => Span(v, first, past))]);
            if (Count(variants, narrow) <= most)
                break;
        }
        return narrow!;
    }

    /// <summary>From the first begin of a layer to the first begin of another; a variant without them is drawn from its begin.</summary>
    private static (long Begin, long End) Span(TimelineRows variant, int first, int past)
    {
        var begin = variant.Layers.GetValueOrDefault(first, 0);
        var end = variant.Layers.GetValueOrDefault(past, variant.End);
        return (begin, Math.Max(end, begin));
    }

    private static int Count(TimelineRows[] variants, TimelineWindow window) =>
        variants.Index().Sum(v => v.Item.Within(window.Spans[v.Index].Begin, window.Spans[v.Index].Begin + window.Length).Count());
}
