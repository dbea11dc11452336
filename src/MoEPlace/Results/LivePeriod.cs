using System.Collections.Immutable;

namespace MoEPlace.Results;

/// <summary>What a job was like for a time.</summary>
/// <param name="Name">Which time.</param>
/// <param name="From">Seconds since the watching began.</param>
/// <param name="To">The same; not before <paramref name="From"/>.</param>
/// <param name="StepSeconds">Median of its seconds' decode steps; null without any.</param>
/// <param name="NodeCopies">Hidden states to other nodes for each token and layer, in the median; null without any.</param>
/// <param name="GpuCrossing">Crossing of ranks in the median.</param>
/// <param name="NodeCrossing">Crossing of nodes in the median.</param>
public sealed record LivePeriod(
    string Name, double From, double To, double? StepSeconds, double? NodeCopies, double? GpuCrossing, double? NodeCrossing)
{
    /// <summary>Sums up the samples of a time.</summary>
    public static LivePeriod Of(string name, double from, double to, ImmutableArray<LiveSample> samples)
    {
        LiveSample[] own = [.. samples.Where(sample => sample.Seconds > from && sample.Seconds <= to)];
        return new LivePeriod(
            name, from, Math.Max(from, to), Median(s => s.StepSeconds), Median(s => s.NodeCopies), Median(s => s.GpuCrossing), Median(s => s.NodeCrossing));

        double? Median(Func<LiveSample, double?> of)
        {
            double[] values = [.. own.Select(of).OfType<double>().Order()];
            return values.Length == 0 ? null : (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
        }
    }
}
