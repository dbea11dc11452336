using System.Diagnostics;
using System.Globalization;

namespace MoEPlace.Benchmarks;

/// <summary>How long some runs took.</summary>
/// <param name="Seconds">Wall clock of each run, rising.</param>
/// <param name="CoreSeconds">Processor time of each run over all threads, rising: other work on the machine changes it less.</param>
internal sealed record Timing(double[] Seconds, double[] CoreSeconds)
{
    /// <summary>The median of the wall clock.</summary>
    internal double Median => Seconds[Seconds.Length / 2];

    /// <summary>The least of the wall clock.</summary>
    internal double Least => Seconds[0];

    /// <summary>The median of the processor time.</summary>
    internal double CoreMedian => CoreSeconds[CoreSeconds.Length / 2];

    /// <summary>How often to run, where a verb takes <c>--repeats</c> alone.</summary>
    /// <exception cref="InputException">Another option, or a number out of range.</exception>
    internal static int Repeats(string[] args, string verb, int repeats)
    {
        var faults = new InputFaults(verb);
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = args.ElementAtOrDefault(i + 1);
            var given = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
            if (args[i] != "--repeats")
                faults.Add("option", args[i], "--repeats");
            else if (faults.Require(given is >= 1 and <= 10_000, args[i], value, "1 to 10,000"))
                repeats = given;
        }
        faults.ThrowIfAny();
        return repeats;
    }

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
