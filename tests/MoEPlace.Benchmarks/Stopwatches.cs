using System.Diagnostics;

namespace MoEPlace.Benchmarks;

/// <summary>Measures wall-clock time: the median of several runs after one that warms up.</summary>
internal static class Stopwatches
{
    /// <summary>Seconds of each of <paramref name="repeats"/> runs, rising, after <paramref name="warmUps"/> more.</summary>
    internal static double[] Time(int repeats, Action run, int warmUps = 2)
    {
        var seconds = new double[repeats];
        for (var i = -warmUps; i < repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            if (i >= 0)
                seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return seconds;
    }

    /// <summary>The middle one of rising values, the upper one of two.</summary>
    internal static double Median(double[] rising) => rising[rising.Length / 2];
}
