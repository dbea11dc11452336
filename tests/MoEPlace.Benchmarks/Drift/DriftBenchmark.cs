using System.Globalization;
using MoEPlace.Benchmarks.Peers;
using MoEPlace.Service.Drift;
using MoEPlace.Service.Routing;
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
            Console.WriteLine(
                $"{"",-26}{"at once",8}{"seen in 4,096",15}{"median",9}{"95 %",9}{"weakest",10}{"5 %",10}{"before",9}{"false alarms",14}"
                + $"{"median",9}{"99 %",9}{"closest",9}");
            foreach (var (name, file, domainOf) in Files(folder))
            {
                if (only is not null && !name.Contains(only, StringComparison.Ordinal))
                    continue;
                using var trace = RoutingTrace.Open(file);
                var traffic = new DriftTraffic(trace, domainOf);
                foreach (var atOnce in new[] { 1, 8, 64 })
                    Ask(name, traffic, atOnce, false, trials, streams);
                Ask(name + ", counts", traffic, 64, true, trials, streams);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private static void Ask(string name, DriftTraffic traffic, int atOnce, bool counts, int trials, int streams)
    {
        var domains = traffic.Domains.Count;
        var pairs = Enumerable.Range(0, domains * domains).Select(i => (From: i / domains, To: i % domains)).Where(pair => pair.From != pair.To).ToArray();
        var seen = new (long? Tokens, double Strength, bool Early)[trials];
        Parallel.For(0, trials, trial => seen[trial] = Shift(traffic, atOnce, counts, trial, pairs[trial % pairs.Length]));
        var closest = new double[streams];
        Parallel.For(0, streams, stream => closest[stream] = Unchanged(traffic, atOnce, counts, stream));
        var waits = seen.Select(one => one.Tokens ?? MostWait).Order().ToArray();
        var strengths = seen.Select(one => one.Strength).Order().ToArray();
        var found = seen.Count(one => one.Tokens <= SeenWithin);
        Array.Sort(closest);
        var early = seen.Count(one => one.Early);
        var alarms = 100.0 * closest.Count(distance => distance >= 1) / streams;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-26}{atOnce,8}{100.0 * found / trials,13:F1} %{waits[trials / 2],9}{waits[trials * 95 / 100],9}{strengths[0],10:F2}{strengths[trials / 20],10:F2}")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{early,9}{alarms,12:F2} %{closest[streams / 2],9:F2}{closest[streams * 99 / 100],9:F2}{closest[^1],9:F2}"));
    }

    /// <summary>Tokens after a shift until it is told, null where it is not, or was told before; and how clear it became within the tokens that are asked for.</summary>
    private static (long? Seen, double Strength, bool Early) Shift(DriftTraffic traffic, int atOnce, bool counts, int trial, (int From, int To) pair)
    {
        var random = new SeedStream(trial, "drift-shift", atOnce);
        var detector = new DriftDetector(traffic.Model);
        var shift = (counts ? 4 : 1) * 8_192 + 4_096 + random.Next(8_192);
        int[] from = [pair.From], to = [pair.To];
        var (begun, strength, sums) = (0L, 0.0, Sums(traffic, counts));
        foreach (var frame in traffic.Frames(random, atOnce, at => at < shift ? from : to))
        {
            Take(detector, traffic.Model, frame, sums);
            var (reading, tokens) = (detector.Reading, detector.Reading.ReferenceTokens + detector.Reading.Tokens);
            if (tokens - frame.Rows < shift)
            {
                begun = tokens;
                if (reading.Alarm)
                    return (null, 0, true);
                continue;
            }
            strength = Math.Max(strength, Math.Max(reading.Load, reading.Affinity));
            if (tokens - begun >= SeenWithin && reading.Alarm || tokens - begun > MostWait)
                return (reading.AlarmAt + reading.ReferenceTokens - begun, strength, false);
        }
        return (null, 0, false);
    }

    private static double Unchanged(DriftTraffic traffic, int atOnce, bool counts, int stream)
    {
        var random = new SeedStream(stream, "drift-unchanged", atOnce);
        var detector = new DriftDetector(traffic.Model);
        var domains = traffic.Domains.Count;
        // One domain, or all of them together.
        int[] from = stream % (domains + 1) == domains ? [.. Enumerable.Range(0, domains)] : [stream % (domains + 1)];
        var (closest, sums) = (0.0, Sums(traffic, counts));
        foreach (var frame in traffic.Frames(random, atOnce, _ => from))
        {
            Take(detector, traffic.Model, frame, sums);
            closest = Math.Max(closest, Math.Max(detector.Reading.Load, detector.Reading.Affinity));
            if (detector.Reading.Tokens >= UnchangedTokens)
                break;
        }
        return closest;
    }

    /// <summary>Where counts of a message are added up; null for tokens.</summary>
    private static int[]? Sums(DriftTraffic traffic, bool counts) => counts ? new int[traffic.Model.Layers * traffic.Model.Experts] : null;

    /// <summary>Rows as they are, or what they sum up to: a message of 64 tokens.</summary>
    private static void Take(DriftDetector detector, MoEModel model, RoutedRows rows, int[]? sums)
    {
        if (sums is null)
        {
            detector.Take(rows);
            return;
        }
        Array.Clear(sums);
        var (layers, topK, experts) = (model.Layers, model.TopK, model.Experts);
        for (var i = 0; i < rows.Rows * layers * topK; i++)
            if (rows.Experts[i] != RoutingTrace.NoExpert)
                sums[i / topK % layers * experts + rows.Experts[i]]++;
        detector.Take(rows.Rows, sums);
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
