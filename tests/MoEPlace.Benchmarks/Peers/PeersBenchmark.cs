using System.Globalization;
using System.Text.Json;
using MoEPlace.Results;

namespace MoEPlace.Benchmarks.Peers;

/// <summary>
/// How do our placements compare with those of others, on the same tokens? Every policy is solved on the training sequences of each
/// recording by a program run of its own, whose time and memory are measured, and judged on the test sequences under both residencies.
/// The baseline is the contiguous placement. Writes the page, a result file for each recording, and tells what was left out.
/// </summary>
internal static class PeersBenchmark
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli");

    /// <summary>Runs the comparison; 0 when every policy gave a placement, 3 when some were left out.</summary>
    /// <exception cref="InputException">An option is wrong or the recordings are not there.</exception>
    internal static int Run(string[] args)
    {
        var options = PeersOptions.Parse(args);
        var folder = Directory.CreateTempSubdirectory("moeplace-peers-").FullName;
        var leftOut = new List<string>();
        try
        {
            var traces = options.Traces.Length == 0
                ? Recordings.Import(Do, folder)
                : [.. options.Traces.Select(t => (Path.GetFileNameWithoutExtension(t), Path.GetFullPath(t)))];
            var results = traces.Select(trace => Compare(options, trace.Name, trace.Trace, folder, leftOut)).ToArray();
            Do(["report", .. results, "-o", options.Output]);
            foreach (var result in results)
                File.Copy(result, Path.Combine(options.Output, Path.GetFileName(result)), overwrite: true);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        foreach (var line in leftOut)
            Console.WriteLine($"left out: {line}");
        Console.WriteLine($"machine: {Machine.Describe()}");
        Console.WriteLine(Path.GetFullPath(Path.Combine(options.Output, "index.html")));
        return leftOut.Count == 0 ? 0 : 3;
    }

    /// <summary>Solves and judges everybody on one trace; returns the merged result file.</summary>
    private static string Compare(PeersOptions options, string name, string trace, string folder, List<string> leftOut)
    {
        var solved = new List<(PeerRun Run, string Placement, PlacementResult Result)>();
        foreach (var (i, run) in PeerRun.All.Where(r => options.Only.Length == 0 || options.Only.Contains(r.Label)).Index())
        {
            var placement = Path.Combine(folder, $"{name}-{i}.json");
            var told = Path.Combine(folder, $"{name}-{i}-solved.json");
            var child = MeasuredProcess.Run(Program,
            [
                "place", trace, "--cluster", options.Cluster, .. run.Options, "--split", "train", "--seed", "1",
                "--time-limit", options.Seconds.ToString(CultureInfo.InvariantCulture), "-o", placement, "--result", told, "--json",
            ]);
            if (child.Code != 0)
            {
                leftOut.Add($"{name}: {run.Label}: {LastLine(child.Error)}");
                Console.Error.WriteLine(leftOut[^1]);
                continue;
            }
            var result = ResultFile.Read(told).Placements[0] with { RunSeconds = child.Seconds, PeakMemoryBytes = child.PeakBytes };
            solved.Add((run, placement, result));
            Console.Error.WriteLine(FormattableString.Invariant(
                $"{name}: {run.Label}: {child.Seconds:F1} s, {child.PeakBytes / 1e6:F0} MB, {Gap(result)}"));
        }
        if (solved.Count == 0)
            throw new InvalidOperationException($"{name}: no policy gave a placement.");
        var nearest = Judge(options, trace, folder, [.. solved.Select(s => (s.Run.Label, s.Placement, s.Result))], "nearest")!;
        var evenly = solved.Where(s => s.Run.EvenDispatch is not null).ToArray();
        var even = Judge(options, trace, folder, [.. evenly.Select(s => (s.Run.EvenDispatch!, s.Placement, s.Result))], "even");
        var file = Path.Combine(folder, $"{name}.result.json");
        var merged = nearest with
        {
            Placements =
            [
                .. nearest.Placements.SelectMany((placement, i) =>
                    even is not null && Array.FindIndex(evenly, s => s.Run == solved[i].Run) is >= 0 and var at
                        ? new[] { placement, even.Placements[at] }
                        : [placement]),
            ],
        };
        OutputFile.Write(file, stream => JsonSerializer.Serialize(stream, merged, StrictJson.OneLine));
        return file;
    }

    /// <summary>Placements on the test sequences: coherent, and at home beside it; null where there are none.</summary>
    private static ResultFile? Judge(
        PeersOptions options, string trace, string folder, (string Label, string Placement, PlacementResult Solved)[] entries, string dispatch)
    {
        if (entries.Length == 0)
            return null;
        var (coherent, home) = (Evaluate("coherent"), Evaluate("home"));
        return coherent with
        {
            Placements =
            [
                .. entries.Select((entry, i) => entry.Solved with
                {
                    Label = entry.Label,
                    Measures = coherent.Placements[i].Measures,
                    Detail = coherent.Placements[i].Detail,
                    OtherResidency = home.Placements[i].Measures,
                }),
            ],
        };

        ResultFile Evaluate(string residency)
        {
            var file = Path.Combine(folder, $"{residency}.json");
            Do([
                "evaluate", trace, .. entries.Select(e => e.Placement), "--cluster", options.Cluster, "--split", "test",
                "--residency", residency, "--dispatch", dispatch, "--result", file,
            ]);
            return ResultFile.Read(file);
        }
    }

    internal static void Do(string[] arguments)
    {
        var child = MeasuredProcess.Run(Program, arguments);
        if (child.Code != 0)
            throw new InvalidOperationException($"{string.Join(' ', arguments.Take(3))} ended with {child.Code}: {child.Error}");
    }

    private static string Gap(PlacementResult result) =>
        result.Solve?.Gap is { } gap ? FormattableString.Invariant($"gap {gap:P1}") : "no bound";

    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(l => !l.StartsWith("See ", StringComparison.Ordinal)) ?? "";
}
