using System.Diagnostics;

namespace MoEPlace.Benchmarks;

/// <summary>How long some runs took.</summary>
/// <param name="Seconds">Wall clock of each run, rising.</param>
/// <param name="CoreSeconds">Processor time of each run over all threads, rising: what a machine that does other work too does not change much.</param>
internal sealed record Timing(double[] Seconds, double[] CoreSeconds)
{
    /// <summary>The median of the wall clock.</summary>
    internal double Median => Seconds[Seconds.Length / 2];

    /// <summary>The least of the wall clock.</summary>
    internal double Least => Seconds[0];

    /// <summary>The median of the processor time.</summary>
    internal double CoreMedian => CoreSeconds[CoreSeconds.Length / 2];

    /// <summary>Measures <paramref name="repeats"/> runs after <paramref name="warmUps"/> more.</summary>
    internal static Timing Of(int repeats, Action run, int warmUps = 2)
    {
        var timing = new Timing(new double[repeats], new double[repeats]);
        for (var i = -warmUps; i < repeats; i++)
        {
            var (start, cores) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            run();
            if (i < 0)
                continue;
            timing.Seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            timing.CoreSeconds[i] = (Environment.CpuUsage.TotalTime - cores).TotalSeconds;
        }
        Array.Sort(timing.Seconds);
        Array.Sort(timing.CoreSeconds);
        return timing;
    }
}
