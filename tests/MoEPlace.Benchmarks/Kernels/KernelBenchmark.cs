using System.Globalization;

namespace MoEPlace.Benchmarks.Kernels;

/// <summary>
/// How many events a second does the kernel carry? In the hold model (Vaucher and Duval 1975) every message received tells one more after
/// an exponential time, so that the number of pending events stays; the baseline is a plain loop over PriorityQueue. In PHOLD (Fujimoto
/// 1990) some of the messages go to another partition; the baseline is the sequential run.
/// </summary>
internal static class KernelBenchmark
{
    internal static int Run(string[] args)
    {
        var (events, repeats) = Parse(args);
        Console.WriteLine(
            $"hold: {Hold.Actors} actors, {events} events a run, each a draw, a receive and a tell; best (median) of {repeats}");
        Console.WriteLine($"{"pending",10}{"kernel, million events/s",28}{"per core second",20}{"PriorityQueue loop",22}"
            + $"{"times",8}{"bytes/event",13}");
        foreach (var pending in (ReadOnlySpan<int>)[1_000, 10_000, 100_000, 1_000_000])
        {
            var (ours, plain) = (new HoldRates[repeats], new HoldRates[repeats]);
            for (var i = 0; i < repeats; i++)
            {
                ours[i] = Hold.InKernel(pending, events);
                plain[i] = Hold.InPlainLoop(pending, events);
            }
            double[] rates = [.. ours.Select(run => run.PerSecond)], baseline = [.. plain.Select(run => run.PerSecond)];
            Console.WriteLine($"{pending,10}{Show(rates),28}{Show([.. ours.Select(run => run.PerCoreSecond)]),20}{Show(baseline),22}"
                + $"{rates.Max() / baseline.Max(),8:F1}{ours.Min(run => run.BytesPerEvent),13:F3}");
        }

        Console.WriteLine($"PHOLD: {Phold.Describe()}, {events} events a run; best (median) of {repeats}");
        var same = Parallel(1_000_000, events, repeats) & Parallel(100_000, events, repeats);
        Console.WriteLine($"machine: {Machine.Describe()}");
        return same ? 0 : 3;
    }

    private static bool Parallel(long lookahead, long events, int repeats)
    {
        var (one, two, oneCore, twoCore) = (new double[repeats], new double[repeats], new double[repeats], new double[repeats]);
        var ends = new HashSet<(long, long, long)>();
        for (var i = 0; i < repeats; i++)
        {
            (one[i], oneCore[i], var sequential) = Phold.Run(lookahead, events, threads: 1);
            (two[i], twoCore[i], var parallel) = Phold.Run(lookahead, events, threads: 2);
            ends.UnionWith([sequential, parallel]);
        }
        var outcome = ends.Count == 1 ? "same events and end" : "DIFFERENT events or end";
        Console.WriteLine($"  lookahead {lookahead / 1e6:F1} us: sequential {Show(one)}, two threads {Show(two)} million events/s, "
            + $"{two.Max() / one.Max():F2} times "
            + $"(per core second {Show(oneCore)} and {Show(twoCore)}); {outcome}");
        return ends.Count == 1;
    }

    private static string Show(double[] rates) => $"{rates.Max() / 1e6:F1} ({rates.Order().ElementAt(rates.Length / 2) / 1e6:F1})";

    private static (long Events, int Repeats) Parse(string[] args)
    {
        var (events, repeats) = (5_000_000L, 5);
        var faults = new InputFaults("kernel");
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = args.ElementAtOrDefault(i + 1);
            var given = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
            if (args[i] == "--events" && faults.Require(given >= 10_000, args[i], value, "10000 or more"))
                events = given;
            else if (args[i] == "--repeats" && faults.Require(given is >= 1 and <= 100, args[i], value, "1 to 100"))
                repeats = given;
            else if (args[i] is not ("--events" or "--repeats"))
                faults.Add("option", args[i], "--events or --repeats");
        }
        faults.ThrowIfAny();
        return (events, repeats);
    }
}
