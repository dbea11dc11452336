using System.CommandLine;
using System.Text.RegularExpressions;
using MoEPlace.Evaluation;
using MoEPlace.Placement;
using MoEPlace.Reports;
using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>
/// <c>demo</c>: the main job on the trace that ships with the project. All policies are solved on the training sequences, on 2 nodes of
/// 4 GPUs, judged on the others with hidden states that stay where their top-1 expert is (residency coherent), and drawn.
/// </summary>
internal sealed class DemoCommand
{
    private const string TraceFile = "traces/tiny-moe.safetensors";
    private const string Folder = "reports/demo";
    private const string LiveFolder = "reports/live";
    private const string ClusterText = "2x4";
    private const double SecondsPerSearch = 4;
    private const double LongestSearch = 86_400;
    private static readonly EvaluationOptions Conditions = new() { Residency = Residency.Coherent };
    private readonly Option<string?> output = new("--output", "-o")
    {
        Description = $"The folder to write; default: {Folder} beside the trace.",
    };
    private readonly Option<double> timeLimit = new("--time-limit")
    {
        Description = "Seconds of each search.",
        DefaultValueFactory = _ => SecondsPerSearch,
    };
    private readonly Option<bool> live = new("--live")
    {
        Description = $"Four ranks of this machine serve text whose language shifts, and the placement service follows: in less than five minutes, into {LiveFolder}.",
    };
    private readonly Terminal terminal;

    private DemoCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new DemoCommand(terminal);
        var command = new Command("demo", "The main job on the shipped trace, end to end, into reports/demo.")
        {
            verb.output, verb.timeLimit, verb.live,
        };
        command.SetAction((parsed, cancellation) => parsed.GetValue(verb.live)
            ? verb.RunLiveAsync(parsed, cancellation)
            : Task.FromResult(verb.Run(parsed, cancellation)));
        return command;
    }

    private Task<int> RunLiveAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var root = FindRoot();
        return new LiveDemo(root, Path.GetFullPath(parsed.GetValue(output) ?? Path.Combine(root, LiveFolder)), terminal).RunAsync(cancellation);
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var seconds = parsed.GetValue(timeLimit);
        if (!(seconds is > 0 and <= LongestSearch))
            throw new InputException("demo", "--time-limit", seconds, $"above 0, at most {LongestSearch} seconds");
        var root = FindRoot();
        using var recording = Recording.Open(Path.Combine(root, TraceFile), terminal);
        var cluster = ClusterPresets.Parse(ClusterText);
        var (trainCounts, train) = recording.Count(TraceSplit.Train);
        var (testCounts, test) = recording.Count(TraceSplit.Test);
        var folder = Path.GetFullPath(parsed.GetValue(output) ?? Path.Combine(root, Folder));
        var entries = new List<PlacementResult>();
        foreach (var (label, policy, objective, limit) in Runs())
        {
            cancellation.ThrowIfCancellationRequested();
            var problem = PlacementProblem.Create(
                recording.Model, cluster, trainCounts, train, objective, Conditions, maxImbalance: limit,
                timeLimit: TimeSpan.FromSeconds(seconds));
            PlacementSolution solution;
            using (var bar = SearchBar.On(terminal.ErrorWriter, label))
                solution = PolicyChoice.Place(policy, problem, "highs", bar, cancellation);
            cancellation.ThrowIfCancellationRequested();
            var judged = Judgement.Of(test, testCounts, solution.Placement, recording.Model, cluster, Conditions, null);
            ExpertPlacementFile.Write(Path.Combine(folder, "placements", FileName(label)), solution.Placement);
            entries.Add(new PlacementResult(
                label, policy, problem.Seed, limit, solution.Summary, solution.Seconds, judged.Measures, judged.Detail, SolvedOn: "train")
            { Trajectory = solution.Trajectory });
        }
        var result = Judgement.ToResult(recording, TraceSplit.Test, Conditions.Residency, cluster, testCounts, entries);
        result.Write(Path.Combine(folder, "result.json"));
        Report.Write([result], folder, cancellation);
        Print(recording, test!, entries, folder);
        return 0;
    }

    private static IEnumerable<(string Label, string Policy, PlacementObjective Objective, double? Limit)> Runs()
    {
        yield return ("contiguous", "contiguous", PlacementObjective.Crossing, null);
        yield return ("round-robin", "round-robin", PlacementObjective.Crossing, null);
        yield return ("random", "random", PlacementObjective.Crossing, null);
        yield return ("eplb", "eplb", PlacementObjective.Crossing, null);
        yield return ("exflow", "exflow", PlacementObjective.Crossing, null);
        yield return ("affinity", "affinity", PlacementObjective.Crossing, null);
        yield return ("affinity, load <= 1.15", "affinity", PlacementObjective.Crossing, 1.15);
    }

    private void Print(Recording recording, TraceSlice test, List<PlacementResult> entries, string folder)
    {
        var (before, after) = (entries[0].Measures, entries[^1].Measures);
        terminal.Line($"{recording.Model.Name} ({recording.Origin}) on 2 nodes x 4 GPUs: solved on the training sequences,");
        terminal.Line($"judged on {MeasureTable.Count(test.Tokens)} tokens that no policy has seen");
        terminal.Table(MeasureTable.Columns, entries.Select(MeasureTable.Row));
        var (kept, sent) = (MeasureTable.Share(after.GpuCrossingFraction), MeasureTable.Share(before.GpuCrossingFraction));
        terminal.Line($"affinity under a load limit moves {kept} of hidden states to another GPU between layers");
        var (even, uneven) = (MeasureTable.Number(after.ImbalanceMean), MeasureTable.Number(before.ImbalanceMean));
        terminal.Line($"(busiest GPU {even} of the mean), contiguous placement {sent} ({uneven}).");
        terminal.Line($"Open {Path.Combine(folder, "index.html")}");
    }

    private static string FileName(string label) => Regex.Replace(label, "[^A-Za-z0-9.-]+", "-") + ".json";

    /// <summary>The folder that holds the shipped trace: the present one or one above it, else one above the program.</summary>
    private static string FindRoot()
    {
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, TraceFile)))
                    return folder.FullName;
        throw new InputException(
            "demo", TraceFile, "not found", "the trace that ships with the project, in the present folder or above it");
    }
}
