using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Simulation.Scenarios;

namespace MoEPlace.Cli;

/// <summary><c>sweep</c>: a scenario at every combination of some values, on the cores of this machine or on a Slurm cluster.</summary>
internal sealed class SweepCommand
{
    private readonly Argument<string> scenario = new("scenario")
    {
        Description = "The name of a scenario in scenarios/, or the path of a scenario file.",
    };
    private readonly Option<string[]> set = new("--set")
    {
        Description = "PATH=V1,V2,... values of a key, for example work.tokensPerRank=64,128; in one variant variants.NAME.PATH. Default: the scenario's sweep.",
    };
    private readonly Option<string> on = CommonOptions.Choice("--on", "Where points run.", "local", "local", "slurm");
    private readonly Option<int> jobs = new("--jobs")
    {
        Description = "Points that run at once; default: as many as there are cores.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };
    private readonly Option<string[]> slurm = new("--slurm-option")
    {
        Description = "An option of sbatch without its dashes, for example partition=cpu (with --on slurm).",
    };
    private readonly Option<bool> noWait = new("--no-wait")
    {
        Description = "Leave when the jobs are submitted; the same command gathers their results later (with --on slurm).",
    };
    private readonly Option<int?> point = new("--point")
    {
        Description = "Run this point alone, as a job of an array does.",
        Hidden = true,
    };
    private readonly Option<long?> seed = new("--seed") { Description = "Seed of everything random; default: the scenario's." };
    private readonly Option<string> output = CommonOptions.Output(
        "The folder of the results: one file for each point, sweep.json and sweep.csv. Points that are there are not run again.");
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly Terminal terminal;
    private readonly StepRunner step;

    private SweepCommand(Terminal terminal, StepRunner step) => (this.terminal, this.step) = (terminal, step);

    public static Command Create(Terminal terminal, StepRunner step)
    {
        var verb = new SweepCommand(terminal, step);
        var command = new Command("sweep", "Run a scenario at every combination of some values.")
        {
            verb.scenario, verb.set, verb.on, verb.jobs, verb.slurm, verb.noWait, verb.point, verb.seed, verb.output, verb.json,
        };
        command.SetAction((parsed, cancellation) => verb.RunAsync(parsed, cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("sweep");
        var points = Points(parsed, faults);
        var (remote, at) = (parsed.GetValue(on) == "slurm", parsed.GetValue(point));
        var lines = parsed.GetValue(slurm) ?? [];
        faults.Require(parsed.GetValue(jobs) is >= 1 and <= 1_024, "--jobs", parsed.GetValue(jobs), "1 to 1,024");
        faults.Require(remote || lines.Length == 0, "--slurm-option", string.Join(' ', lines), "with --on slurm");
        faults.Require(remote || !parsed.GetValue(noWait), "--no-wait", true, "with --on slurm");
        foreach (var line in lines)
            faults.Require(
                line.Length > 0 && char.IsAsciiLetter(line[0]) && !line.Any(char.IsControl), "--slurm-option", line,
                "an option of sbatch without its dashes, such as partition=cpu");
        faults.Require(
            points is null || at is null || (at >= 0 && at < points.Value.Length), "--point", at, $"0 to {(points?.Length ?? 1) - 1}");
        var folder = parsed.GetValue(output)!;
        OutputFile.Check(Path.Combine(folder, SweepFolder.TableName), "--output", faults);
        if (remote && at is null)
            SlurmArray.Check(faults);
        faults.ThrowIfAny();

        var results = new SweepFolder(folder, points!.Value);
        if (at is { } alone)
        {
            results.Run([points.Value[alone]], new ScenarioRun(ScenarioPlacement.Solve, step), 1, null, cancellation);
            return 0;
        }
        var missing = results.Missing();
        terminal.Error($"note: {points.Value.Length} points, {points.Value.Length - missing.Length} done before");
        if (remote && missing.Length > 0)
        {
            var array = new SlurmArray(results, [.. missing.Select(p => p.Index)], Again(parsed), [.. lines]);
            if (!await array.RunAsync(terminal, wait: !parsed.GetValue(noWait), cancellation).ConfigureAwait(false))
                return 0;
        }
        else
        {
            using var line = new StatusLine(terminal.ErrorWriter, StatusLine.ColumnsOf(terminal.ErrorWriter), TimeProvider.System);
            results.Run(missing, new ScenarioRun(ScenarioPlacement.Solve, step), parsed.GetValue(jobs), new ScenarioBar(line),
                cancellation);
        }
        var table = results.Gather();
        if (parsed.GetValue(json))
            terminal.Json(table);
        else
            SweepTables.Print(terminal, table, folder);
        return 0;
    }

    /// <summary>The points; null when something is wrong, which is noted.</summary>
    private ImmutableArray<SweepPoint>? Points(ParseResult parsed, InputFaults faults)
    {
        var read = faults.Try(() => Scenario.Read(ScenarioFolder.Find(parsed.GetValue(scenario)!), parsed.GetValue(seed)));
        var values = new List<KeyValuePair<string, ImmutableArray<JsonNode?>>>();
        foreach (var text in parsed.GetValue(set) ?? [])
            if (Values(text, faults) is { } named)
            {
                faults.Require(values.All(v => v.Key != named.Key), "--set", text, "each path once");
                values.Add(named);
            }
        if (read is null || faults.Any)
            return null;
        if (values.Count == 0)
            values.AddRange(read.Swept);
        try
        {
            return SweepPoint.All(read, [.. values]);
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults);
            return null;
        }
    }

    /// <summary>Values as JSON writes them; what is no JSON is a text.</summary>
    private static KeyValuePair<string, ImmutableArray<JsonNode?>>? Values(string text, InputFaults faults)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (!faults.Require(equals > 0 && equals < text.Length - 1, "--set", text, "PATH=V1,V2,..."))
            return null;
        return KeyValuePair.Create(text[..equals], (ImmutableArray<JsonNode?>)[.. text[(equals + 1)..].Split(',').Select(Value)]);
    }

    private static JsonNode? Value(string text)
    {
        try
        {
            return text == "null" ? null : JsonNode.Parse(text) is JsonValue value && value.ToJsonString().Length > 0 ? value : JsonValue.Create(text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>The command line that a job repeats, but for its point.</summary>
    private ImmutableArray<string> Again(ParseResult parsed)
    {
        var words = new List<string>
        {
            "sweep", Path.GetFullPath(ScenarioFolder.Find(parsed.GetValue(scenario)!)), "--output", Path.GetFullPath(parsed.GetValue(output)!),
        };
        foreach (var text in parsed.GetValue(set) ?? [])
            words.AddRange(["--set", text]);
        if (parsed.GetValue(seed) is { } chosen)
            words.AddRange(["--seed", chosen.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        return [.. words];
    }
}
