namespace MoEPlace.Service.Jobs;

/// <summary>The latest decode steps on the epoch in force, none of them with weights beside it.</summary>
internal sealed class DecodeTimes
{
    /// <summary>Steps that are kept.</summary>
    internal const int Most = 1_024;

    // The first steps after a switch meet cold caches; they are not what was promised.
    private const int Warming = 4;
    private readonly Queue<double> seconds = new();
    private int epoch = -1;
    private int warming;

    /// <summary>Takes what a report tells.</summary>
    /// <returns>The steps that count.</returns>
    internal IReadOnlyList<double> Take(JobReport report)
    {
        if (report.Epoch != epoch)
        {
            seconds.Clear();
            (epoch, warming) = (report.Epoch, Warming);
        }
        var fresh = new List<double>();
        for (var i = 0; i < report.DecodeSeconds.Length; i++)
        {
            if (report.DecodeEpochs[i] != epoch || report.Moving[i] || --warming >= 0)
                continue;
            fresh.Add(report.DecodeSeconds[i]);
            seconds.Enqueue(report.DecodeSeconds[i]);
            if (seconds.Count > Most)
                seconds.Dequeue();
        }
        return fresh;
    }

    /// <summary>The median of the latest; null of fewer than so many.</summary>
    internal double? Median(int least, int latest = Most) => seconds.Count < least || seconds.Count == 0 ? null : MedianOf(seconds.TakeLast(latest));

    /// <summary>The median: the upper of the two in the middle of an even number.</summary>
    internal static double MedianOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
