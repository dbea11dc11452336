using System.Globalization;
using MoEPlace.Benchmarks.Peers;
using MoEPlace.Evaluation;
using MoEPlace.Placement;
using MoEPlace.Placement.Affinity;
using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Benchmarks;

/// <summary>
/// How good are placements at a time limit? Both recordings on 8 ranks, solved on the training split and judged on the test split, median
/// over seeds, beside the placement that engines start from and a pairwise annealing of 8 s on one core.
/// </summary>
internal static class PlacementBenchmark
{
    private static readonly Case[] Cases =
    [
        new("crossing", PlacementObjective.Crossing, Residency.Home, null, [0.885, 0.867], [0.437, 0.440]),
        new("copies, coherent", PlacementObjective.Copies, Residency.Coherent, null, [5.72, 7.54], [3.39, 4.94]),
        new("copies, home", PlacementObjective.Copies, Residency.Home, null, [6.27, 7.97], [double.NaN, double.NaN]),
        new("crossing, 1.05", PlacementObjective.Crossing, Residency.Home, 1.05, [double.NaN, double.NaN], [0.576, 0.500]),
        new("copies, coherent, 1.05", PlacementObjective.Copies, Residency.Coherent, 1.05, [double.NaN, double.NaN], [4.34, 5.41]),
    ];

    internal static int Run(string[] args)
    {
        var (seconds, seeds, only) = Parse(args);
        Console.WriteLine($"h100-8, {seconds} s, median of seeds 1 to {seeds}; machine: {Machine.Describe()}");
        Console.WriteLine($"{"",-24}{"",-18}{"contiguous",11}{"annealing",11}{"test",9}{"training",10}{"imbalance",11}{"gap",8}{"seconds",9}");
        var folder = Directory.CreateTempSubdirectory("moeplace-placements-").FullName;
        try
        {
            foreach (var (at, recording) in Recordings.Import(PeersBenchmark.Do, folder).Index())
            {
                using var trace = RoutingTrace.Open(recording.Trace);
                foreach (var question in Cases.Where(c => only is null || c.Name == only))
                    Ask(question, trace, at, seconds, seeds);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private static void Ask(Case question, RoutingTrace trace, int at, double seconds, int seeds)
    {
        var cluster = ClusterPresets.Parse("h100-8");
        var options = new EvaluationOptions { Residency = question.Residency };
        var (train, test) = (new TraceSlice(trace, TraceSplit.Train), new TraceSlice(trace, TraceSplit.Test));
        var counts = RoutingCounts.Of(train);
        var runs = Enumerable.Range(1, seeds).Select(seed =>
        {
            var solution = AffinityPolicy.Place(PlacementProblem.Create(
                trace.Model, cluster, counts, train, question.Objective, options, maxImbalance: question.MaxImbalance, seed: seed,
                timeLimit: TimeSpan.FromSeconds(seconds)));
            var on = PlacementCost.Evaluate(train, solution.Placement, cluster, options).Measures;
            var off = PlacementCost.Evaluate(test, solution.Placement, cluster, options).Measures;
            return (Test: Measure(off), Train: Measure(on), on.ImbalanceMax, Gap: solution.Summary.Gap ?? 1, solution.Seconds);
        }).ToArray();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{question.Name,-24}{trace.Model.Name,-18}{question.Contiguous[at],11:F3}{question.Annealing[at],11:F3}{Median(r => r.Test),9:F4}"
            + $"{Median(r => r.Train),10:F4}{runs.Max(r => r.ImbalanceMax),11:F3}{Median(r => r.Gap),8:P1}{runs.Max(r => r.Seconds),9:F1}"));

        double Measure(PlacementMeasures measures) =>
            question.Objective == PlacementObjective.Crossing ? measures.GpuCrossingFraction!.Value : measures.RankCopiesPerTokenLayer!.Value;

        double Median(Func<(double Test, double Train, double ImbalanceMax, double Gap, double Seconds), double> of) =>
            runs.Select(of).Order().ElementAt((runs.Length - 1) / 2);
    }

    private static (double Seconds, int Seeds, string? Only) Parse(string[] args)
    {
        var (seconds, seeds, only) = (8.0, 5, (string?)null);
        var faults = new InputFaults("placements");
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = args.ElementAtOrDefault(i + 1);
            if (args[i] == "--seconds")
                faults.Require(
                    double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds > 0, args[i], value, "above 0");
            else if (args[i] == "--seeds")
                faults.Require(int.TryParse(value, CultureInfo.InvariantCulture, out seeds) && seeds is >= 1 and <= 100, args[i], value, "1 to 100");
            else if (args[i] == "--case")
                faults.Require(Cases.Any(c => c.Name == (only = value)), args[i], value, string.Join("; ", Cases.Select(c => c.Name)));
            else
                faults.Add("option", args[i], "--seconds, --seeds or --case");
        }
        faults.ThrowIfAny();
        return (seconds, seeds, only);
    }

    /// <param name="Name">What the row is called.</param>
    /// <param name="Objective">What is minimised; also what is judged.</param>
    /// <param name="Residency">Where tokens live.</param>
    /// <param name="MaxImbalance">The load limit of every training layer.</param>
    /// <param name="Contiguous">[recordings] the measure of the placement that engines start from, on the test split.</param>
    /// <param name="Annealing">[recordings] of a pairwise annealing, one core, 8 s.</param>
    private sealed record Case(
        string Name, PlacementObjective Objective, Residency Residency, double? MaxImbalance, double[] Contiguous, double[] Annealing);
}
