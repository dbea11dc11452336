using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using MoEPlace.Simulation;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Measures;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Streams;
using MoEPlace.Simulation.Work;
using MoEPlace.Traces;
using MoEPlace.Traces.Models;
using MoEPlace.Traces.Synthesis;

namespace MoEPlace.Benchmarks;

/// <summary>
/// Is one decode step of DeepSeek-V3's shape (61 layers, 58 of 256 experts, top-8) on 1,024 GPUs, 128 tokens each, simulated in under 1 s
/// and 2 GB? And how long does it take on 64 GPUs, where bytes are followed pair by pair? The routing is synthetic; every rank holds as
/// many experts as any other.
/// </summary>
internal static class StepBenchmark
{
    private const int TokensPerRank = 128;
    private const double Affinity = 0.42;
    private const double ZipfExponent = 0.39;

    private static readonly Schedule Sequential = new()
    {
        Library = CollectiveLibrary.DeepEpLowLatency,
        Copies = CopyUnit.Expert,
        DispatchBytesPerElement = 1,
        ExpertKernel = ExpertKernelModel.Fused,
    };

    internal static int Run(string[] args)
    {
        var (tokens, repeats) = Parse(args);
        var folder = Directory.CreateTempSubdirectory("moeplace-step-").FullName;
        try
        {
            var path = Path.Combine(folder, "trace.safetensors");
            TraceSynthesis.Write(path, new TraceSynthesisOptions
            {
                Model = ModelConfig.Read("deepseek-v3"),
                Tokens = tokens,
                Affinity = Affinity,
                ZipfExponent = ZipfExponent,
                Seed = 1,
            });
            using var trace = RoutingTrace.Open(path);
            Console.WriteLine(
                $"{trace.Model.Name}, {TokensPerRank} tokens per GPU out of {tokens} synthetic ones; of {repeats} runs the one with the "
                + "least processor time, seconds; the first one compiles");
            Console.WriteLine(
                $"{"GPUs",6}  {"schedule",-19}{"count",9}{"compose",9}{"run",9}{"measure",9}{"total",9}{"cores",9}{"first",9}{"events",10}"
                + $"{"events/s",11}{"step",13}");
            Measure(trace, "128x8", "sequential", Sequential, repeats);
            Measure(trace, "128x8", "two micro-batches", Sequential with { MicroBatches = 2 }, repeats);
            Measure(trace, "8x8", "sequential, ports", Sequential, repeats, pairRanks: 0);
            Measure(trace, "8x8", "sequential, pairs", Sequential, repeats: 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Console.WriteLine($"peak memory, making the routing included: {Machine.PeakBytes() / 1e9:F2} GB; machine: {Machine.Describe()}");
        return 0;
    }

    private static void Measure(RoutingTrace trace, string clusterName, string name, Schedule schedule, int repeats, int pairRanks = 128)
    {
        var cluster = ClusterPresets.Parse(clusterName);
        var routing = new TraceSlice(trace, TraceSplit.All);
        var setting = new StepSetting(cluster, Placement(trace.Model, cluster), routing, schedule)
        {
            TokensPerStep = TokensPerRank * cluster.Ranks,
            ContextTokens = 4096,
            PairRanks = pairRanks,
        };
        double[]? best = null;
        var (first, step, events) = (0.0, 0.0, 0L);
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            var cores = Environment.CpuUsage.TotalTime;
            List<long> stamps = [Stopwatch.GetTimestamp()];
            var parts = StepSimulation.Count(setting, new RoutedTokens(routing, setting.Phase), step: 0);
            stamps.Add(Stopwatch.GetTimestamp());
            var program = StepComposition.Compose(setting, parts);
            stamps.Add(Stopwatch.GetTimestamp());
            var recording = ProgramRun.Run(program, cluster, recordLinks: true);
            stamps.Add(Stopwatch.GetTimestamp());
            var spans = new SpanTotals(cluster.Ranks, []);
            spans.Add(recording);
            new WorkTotals(cluster.Ranks, []).Add(program, parts.Works);
            new LinkTotals(cluster).Add(recording);
            stamps.Add(Stopwatch.GetTimestamp());
            double[] times =
            [
                .. stamps.Zip(stamps.Skip(1), (from, to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds),
                Stopwatch.GetElapsedTime(stamps[0], stamps[^1]).TotalSeconds,
                (Environment.CpuUsage.TotalTime - cores).TotalSeconds,
            ];
            (first, step, events) = (repeat == 0 ? times[4] : first, spans.StepSeconds, recording.Events);
            best = best is null || times[5] < best[5] ? times : best;
        }
        var row = string.Concat(best!.Append(first).Select(time => string.Create(CultureInfo.InvariantCulture, $"{time,9:F3}")));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cluster.Ranks,6}  {name,-19}{row}{events,10}{events / best![2],11:E2}{step * 1e3,10:F3} ms"));
    }

    private static ExpertPlacement Placement(MoEModel model, Cluster cluster)
    {
        var slots = Math.Max(1, model.Experts / cluster.Ranks);
        var layer = ImmutableArray.CreateRange(Enumerable.Range(0, cluster.Ranks).Select(
            rank => Enumerable.Range(rank * slots, slots).Select(slot => slot % model.Experts).ToImmutableArray()));
        var provenance = new PlacementProvenance("contiguous", "", ImmutableSortedDictionary<string, string>.Empty, 0, "");
        return new ExpertPlacement(
            model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode,
            [.. Enumerable.Repeat(layer, model.Layers)], provenance);
    }

    private static (long Tokens, int Repeats) Parse(string[] args)
    {
        var (faults, tokens, repeats) = (new InputFaults("step"), 131_072, 5);
        for (var i = 0; i < args.Length; i += 2)
        {
            var known = args[i] is "--tokens" or "--repeats";
            faults.Require(known, "option", args[i], "--tokens N or --repeats N");
            var text = args.ElementAtOrDefault(i + 1);
            var value = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 0;
            faults.Require(!known || value >= 1, args[i], text, "1 or more");
            (tokens, repeats) = args[i] == "--tokens" ? (value, repeats) : (tokens, value);
        }
        faults.ThrowIfAny();
        return (tokens, repeats);
    }
}
