using System.Globalization;
using System.Text.Json;
using MoEPlace.Benchmarks.Peers;
using MoEPlace.Executor.Training;
using MoEPlace.Reports;
using MoEPlace.Results;
using MoEPlace.Traces;
using MoEPlace.Traces.Statistics;

namespace MoEPlace.Benchmarks.Gates;

/// <summary>
/// How does affinity grow while a model is trained, and how does it differ by gate? Trains one small model for each kind of gate on the
/// same text, records held-out routing on the way, places every recording and judges it on sequences that were not solved on. The baseline
/// is the contiguous placement. What is there from an earlier run is not made again.
/// </summary>
internal static class GatesBenchmark
{
    private const int Recordings = 6;
    private static readonly string[] Sizes =
    [
        "--layers", "6", "--hidden", "64", "--experts", "16", "--top-k", "2", "--intermediate", "64", "--heads", "4", "--kv-heads", "2",
        "--batch", "16", "--length", "128", "--warmup", "30",
    ];

    /// <summary>Runs the study; 0 when every gate was trained.</summary>
    /// <exception cref="InputException">An option is wrong or the text is not there.</exception>
    internal static int Run(string[] args)
    {
        var options = GatesOptions.Parse(args);
        var curves = options.Gates.Select(gate => Curve(options, gate)).ToArray();
        var log = TrainingLog.Read(Path.Combine(options.Work, options.Gates[0], "training.json"));
        var cluster = ClusterPresets.Parse(options.Cluster);
        var study = new GateStudy(
            GateStudy.FormatName,
            $"{log.Options.Layers} layers of {log.Options.Experts} experts, top-{log.Options.TopK}, hidden size {log.Options.Hidden}, "
                + $"{log.Options.Steps} steps of {log.Options.Batch} x {log.Options.Length} bytes",
            cluster.Name, cluster.Nodes, cluster.RanksPerNode, log.Domains, [.. curves]);
        Directory.CreateDirectory(options.Output);
        study.Write(Path.Combine(options.Output, "gates.json"));
        GateReport.Write(study, options.Output);
        Console.WriteLine($"machine: {Machine.Describe()}");
        Console.WriteLine(Path.GetFullPath(Path.Combine(options.Output, Report.PageName)));
        return 0;
    }

    private static GateCurve Curve(GatesOptions options, string gate)
    {
        var folder = Path.Combine(options.Work, gate);
        var log = Train(options, gate, folder);
        var run = new TrainingRunOptions { Folder = folder };
        var recorded = log.HeldOut.Where(p => File.Exists(run.TracePath(p.Step)));
        var points = recorded.Select(p => Point(options, p, run.TracePath(p.Step))).ToArray();
        var (first, last) = (points[0], points[^1]);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{gate}: affinity {first.AffinityBits:F2} to {last.AffinityBits:F2} bits, "
            + $"crossing {last.ContiguousCrossing:P1} to {last.AffinityCrossing:P1}, loss {last.Loss:F3}"));
        return new GateCurve(gate, [.. points]);
    }

    private static TrainingLog Train(GatesOptions options, string gate, string folder)
    {
        var done = Path.Combine(folder, "training.json");
        if (File.Exists(done) && TrainingLog.Read(done) is { IsComplete: true } earlier && earlier.Options.Steps == options.Steps)
            return earlier;
        var every = Math.Max(1, options.Steps / (Recordings - 1)).ToString(CultureInfo.InvariantCulture);
        var ranks = gate == "expert_choice" ? 1 : options.Ranks;
        PeersBenchmark.Do([
            "train", .. options.Text, "-o", folder, .. Sizes, "--gate", gate,
            "--steps", options.Steps.ToString(CultureInfo.InvariantCulture),
            "--record-every", every, "--evaluate-every", every,
            "--ranks", ranks.ToString(CultureInfo.InvariantCulture), "--resume", "--json",
        ]);
        return TrainingLog.Read(done);
    }

    private static GatePoint Point(GatesOptions options, HeldOutPoint heldOut, string trace)
    {
        var file = Path.ChangeExtension(trace, ".json");
        if (File.Exists(file))
            return StrictJson.Read<GatePoint>(file);
        using var routing = RoutingTrace.Open(trace);
        var statistics = TraceStatistics.Of(routing);
        var (contiguous, affinity) = Crossings(options, trace);
        var point = new GatePoint(
            heldOut.Step, heldOut.Loss,
            (statistics.TopOneBits?.Mean ?? 0) - (statistics.TopOneShuffledBits?.Mean ?? 0), contiguous, affinity, heldOut.Imbalance.Average());
        OutputFile.Write(file, stream => JsonSerializer.Serialize(stream, point, StrictJson.Options));
        return point;
    }

    /// <summary>Crossing on test sequences under contiguous placement and under one that was solved on the others.</summary>
    private static (double Contiguous, double Affinity) Crossings(GatesOptions options, string trace)
    {
        var folder = Directory.CreateTempSubdirectory("moeplace-gates-").FullName;
        try
        {
            string[] policies = ["contiguous", "affinity"];
            var placements = Array.ConvertAll(policies, policy => Path.Combine(folder, policy + ".json"));
            foreach (var (policy, placement) in policies.Zip(placements))
                PeersBenchmark.Do([
                    "place", trace, "--cluster", options.Cluster, "--policy", policy, "--objective", "crossing", "--split", "train",
                    "--time-limit", options.Seconds.ToString(CultureInfo.InvariantCulture), "-o", placement,
                ]);
            var result = Path.Combine(folder, "result.json");
            PeersBenchmark.Do(["evaluate", trace, .. placements, "--cluster", options.Cluster, "--split", "test", "--result", result]);
            var judged = ResultFile.Read(result).Placements;
            return (judged[0].Measures.GpuCrossingFraction ?? 0, judged[1].Measures.GpuCrossingFraction ?? 0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
