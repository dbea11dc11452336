using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>A row of a timeline in equal bins, where its spans are too many to draw.</summary>
internal static class TimelineBins
{
    private const double LeastShare = 0.01;

    /// <summary>Numbers of bins that are whole pixels wide.</summary>
    internal static readonly int[] Counts = [160, 128, 80, 64, 40, 32, 20];

    /// <summary>A phase in a bin: it takes High - Low of it.</summary>
    internal readonly record struct Share(long Begin, long End, double Low, double High, StepPhase Phase);

    /// <summary>The shares of all phases, stacked in their order; shares below a hundredth are left out.</summary>
    /// <param name="spans">Of the row.</param>
    /// <param name="end">Of the last bin, picoseconds.</param>
    /// <param name="bins">How many.</param>
    /// <param name="phases">All that the spans name.</param>
    internal static IEnumerable<Share> Of(IEnumerable<TimelineSpan> spans, long end, int bins, StepPhase[] phases)
    {
        var number = phases.Index().ToDictionary(p => p.Item.Name, p => p.Index, StringComparer.Ordinal);
        var taken = new double[bins, phases.Length];
        var size = Math.Max(1, (end + bins - 1) / bins);
        foreach (var span in spans)
            for (var bin = span.BeginPicoseconds / size; bin < bins && bin * size < span.BeginPicoseconds + span.DurationPicoseconds; bin++)
                taken[bin, number[span.Phase]] += (double)(Math.Min((bin + 1) * size, span.BeginPicoseconds + span.DurationPicoseconds)
                    - Math.Max(bin * size, span.BeginPicoseconds)) / size;
        for (var bin = 0; bin < bins; bin++)
        {
            // The flows of a link overlap: what they take together is no more than the bin.
            var sum = Enumerable.Range(0, phases.Length).Sum(p => taken[bin, p]);
            var scale = sum > 1 ? 1 / sum : 1;
            var low = 0.0;
            for (var phase = 0; phase < phases.Length; phase++)
            {
                var high = low + taken[bin, phase] * scale;
                if (high - low >= LeastShare)
                    yield return new Share(bin * size, Math.Min(end, (bin + 1) * size), low, high, phases[phase]);
                low = high;
            }
        }
    }
}
