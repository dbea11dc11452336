using System.Globalization;
using MoEPlace.Benchmarks.Peers;
using MoEPlace.Service.Drift;
using MoEPlace.Tests.Shared;
using MoEPlace.Traces;

namespace MoEPlace.Benchmarks.Drift;

/// <summary>
/// How soon is a shift of the domain seen, and how often is one told that is none? For every recording and number of sequences that run at once: seeded
/// trials over all pairs of domains, and streams of unchanged traffic of each domain and of all together.
/// </summary>
internal static class DriftBenchmark
{
    private const int SeenWithin = 4_096, UnchangedTokens = 100_000, MostWait = 32_768;

    internal static int Run(string[] args)
    {
        var (trials, streams, only) = Parse(args);
        var folder = Directory.CreateTempSubdirectory("moeplace-drift-").FullName;
        try
        {
            Console.WriteLine($"{trials} shifts, {streams} streams of {UnchangedTokens} unchanged tokens for each line; machine: {Machine.Describe()}");
            Console.WriteLine($"{"",-28}{"at once",8}{"seen in 4,096",15}{"median",9}{"95 %",9}{"worst pair",12}{"before",9}{"false alarms",14}{"closest",9}");
            foreach (var (name, file, domainOf) in Files(folder))
            {
                if (only is not null && !name.Contains(only, StringComparison.Ordinal))
                    continue;
                using var trace = RoutingTrace.Open(file);
                var traffic = new DriftTraffic(trace, domainOf);
                foreach (var atOnce in new[] { 1, 8, 64 })
                    Ask(name, traffic, atOnce, trials, streams);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private static void Ask(string name, DriftTraffic traffic, int atOnce, int trials, int streams)
    {
        var domains = traffic.Domains.Count;
        var pairs = Enumerable.Range(0, domains * domains).Select(i => (From: i / domains, To: i % domains)).Where(pair => pair.From != pair.To).ToArray();
        var seen = new long?[trials];
        var early = new bool[trials];
        Parallel.For(0, trials, trial => (seen[trial], early[trial]) = Shift(traffic, atOnce, trial, pairs[trial % pairs.Length]));
        var alarms = new bool[streams];
        var closest = new double[streams];
        Parallel.For(0, streams, stream => (alarms[stream], closest[stream]) = Unchanged(traffic, atOnce, stream));
        var waits = seen.Select(tokens => tokens ?? MostWait).Order().ToArray();
        var within = seen.Count(tokens => tokens <= SeenWithin);
        var worst = pairs.Select((pair, i) => (pair, Share: Enumerable.Range(0, trials).Where(t => t % pairs.Length == i).Average(t => seen[t] <= SeenWithin ? 1.0 : 0)))
            .MinBy(one => one.Share);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-28}{atOnce,8}{100.0 * within / trials,13:F1} %{waits[trials / 2],9}{waits[trials * 95 / 100],9}{100 * worst.Share,10:F0} %{early.Count(e => e),9}{100.0 * alarms.Count(a => a) / streams,12:F2} %{closest.Max(),9:F2}"));
    }

    /// <summary>Tokens after a shift until it is told; null where it is not, or was told before.</summary>
    private static (long? Seen, bool Early) Shift(DriftTraffic traffic, int atOnce, int trial, (int From, int To) pair)
    {
        var random = new SeedStream(trial, "drift-shift", atOnce);
        var detector = new DriftDetector(traffic.Model);
        var shift = 8_192 + 4_096 + random.Next(8_192);
        int[] from = [pair.From], to = [pair.To];
        long tokens = 0, begun = 0;
        foreach (var frame in traffic.Frames(random, atOnce, at => at < shift ? from : to))
        {
            detector.Take(frame);
            tokens += frame.Rows;
            begun = tokens <= shift ? tokens : begun;
            if (detector.Reading.Alarm)
                return tokens <= shift ? (null, true) : (tokens - begun, false);
            if (tokens > shift + MostWait)
                return (null, false);
        }
        return (null, false);
    }

    private static (bool Alarm, double Closest) Unchanged(DriftTraffic traffic, int atOnce, int stream)
    {
        var random = new SeedStream(stream, "drift-unchanged", atOnce);
        var detector = new DriftDetector(traffic.Model);
        var domains = traffic.Domains.Count;
        // One domain, or all of them together.
        int[] from = stream % (domains + 1) == domains ? [.. Enumerable.Range(0, domains)] : [stream % (domains + 1)];
        var closest = 0.0;
        foreach (var frame in traffic.Frames(random, atOnce, _ => from))
        {
            detector.Take(frame);
            closest = Math.Max(closest, Math.Max(detector.Reading.Load, detector.Reading.Affinity));
            if (detector.Reading.Tokens >= UnchangedTokens)
                break;
        }
        return (detector.Reading.Alarm, closest);
    }

    private static IEnumerable<(string Name, string File, Func<string, string> DomainOf)> Files(string folder)
    {
        yield return ("tiny-moe", Path.Combine("traces", "tiny-moe.safetensors"), domain => domain);
        var from = Path.Combine("..", "shared", "data", "traces", "own-tiny-moe");
        var own = Path.Combine(folder, "own-tiny-moe.safetensors");
        PeersBenchmark.Do([
            "trace", "import", "--from", "npy", "--ids", Path.Combine(from, "expert_ids.npy"), "--weights", Path.Combine(from, "gate_weights.npy"),
            "--sequences", Path.Combine(from, "sequence.npy"), "--domains", Path.Combine(from, "domain.npy"), "--model", Path.Combine(from, "trace.json"), "-o", own,
        ]);
        yield return ("own-tiny-moe", own, domain => domain);
        foreach (var (name, file) in Recordings.Import(PeersBenchmark.Do, folder))
            yield return (name, file, domain => domain.Split('_')[0]);
    }

    private static (int Trials, int Streams, string? Only) Parse(string[] args)
    {
        var (trials, streams, only) = (200, 500, (string?)null);
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var count = 0;
            if (args[i] == "--trace")
                only = value;
            else if (int.TryParse(value, CultureInfo.InvariantCulture, out count) && count > 0 && args[i] is "--trials" or "--streams")
                (trials, streams) = args[i] == "--trials" ? (count, streams) : (trials, count);
            else
                throw new InputException("drift", args[i], value, "--trials N, --streams N, --trace NAME");
        }
        return (trials, streams, only);
    }
}
