using System.CommandLine;
using System.Text.Json;
using MoEPlace.Evaluation;
using MoEPlace.Placement;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary><c>place</c>: a placement from a recording.</summary>
internal sealed class PlaceCommand
{
    private const double DefaultSeconds = 30;
    private readonly Argument<string> trace = new("trace") { Description = "A trace, or a load file (policy eplb)." };
    private readonly Option<string> cluster = CommonOptions.Cluster();
    private readonly Option<string> policy = CommonOptions.Choice("--policy", "How to place.", "affinity", PolicyChoice.Names);
    private readonly Option<string> objective = CommonOptions.Choice(
        "--objective", "What affinity minimises.", "step", "crossing", "copies", "step");
    private readonly Option<int> redundant = new("--redundant")
    {
        Description = "Slots per layer beyond one for each expert (policies affinity and eplb).",
    };
    private readonly Option<double?> maxImbalance = new("--max-imbalance")
    {
        Description = "Busiest rank over mean, held in every layer of the split that is solved on (policy affinity).",
    };
    private readonly Option<double?> timeLimit = new("--time-limit")
    {
        Description = "Seconds of search; default 30, none where --iteration-limit is given.",
    };
    private readonly Option<long?> iterationLimit = new("--iteration-limit")
    {
        Description = "Rounds of search: the same seed and limit give the same placement.",
    };
    private readonly Option<long> seed = new("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 1 };
    private readonly Option<string> split = CommonOptions.Split("all");
    private readonly Option<string> solver = CommonOptions.Choice(
        "--solver", "The integer solver of policy exflow.", "highs", "highs", "cbc");
    private readonly Option<string?> current = new("--current")
    {
        Description = "The placement in force: tells what migration to the new one moves.",
    };
    private readonly Option<string> output = CommonOptions.Output("The placement to write.");
    private readonly Option<string?> result = CommonOptions.Result();
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly ConditionOptions conditions = new();
    private readonly Terminal terminal;

    private PlaceCommand(Terminal terminal)
    {
        this.terminal = terminal;
        cluster.Required = true;
    }

    public static Command Create(Terminal terminal)
    {
        var verb = new PlaceCommand(terminal);
        var command = new Command("place", "Solve a placement from a recording.")
        {
            verb.trace, verb.cluster, verb.policy, verb.objective, verb.redundant, verb.maxImbalance, verb.timeLimit, verb.iterationLimit,
            verb.seed, verb.split, verb.solver, verb.current, verb.output, verb.result, verb.json,
        };
        verb.conditions.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.FromResult(verb.Run(parsed, cancellation)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("place");
        var on = faults.Try(() => ClusterPresets.Parse(parsed.GetValue(cluster)!));
        var options = faults.Try(() => conditions.Read(parsed));
        var before = faults.Try(() => parsed.GetValue(current) is { } path ? ExpertPlacementFile.Read(path) : null);
        using var recording = faults.Try(() => Recording.Open(parsed.GetValue(trace)!));
        Check(parsed, faults, recording, on, before);
        faults.ThrowIfAny();

        var name = parsed.GetValue(policy)!;
        var wanted = CommonOptions.ToSplit(parsed.GetValue(split)!);
        var (counts, slice) = recording!.Count(wanted);
        var problem = PlacementProblem.Create(
            recording.Model, on!, counts, slice, Enum.Parse<PlacementObjective>(parsed.GetValue(objective)!, ignoreCase: true), options,
            parsed.GetValue(redundant), parsed.GetValue(maxImbalance), parsed.GetValue(seed), TimeLimit(parsed),
            parsed.GetValue(iterationLimit) ?? long.MaxValue, recording.Digest);
        PlacementSolution solution;
        using (var bar = SearchBar.On(terminal.ErrorWriter, name))
            solution = PolicyChoice.Place(name, problem, parsed.GetValue(solver)!, bar, cancellation);
        var judged = slice is null
            ? Judgement.ByLoad(solution.Placement, counts, recording.Model, before)
            : PlacementCost.Evaluate(slice, solution.Placement, on!, options!, before);
        ExpertPlacementFile.Write(parsed.GetValue(output)!, solution.Placement);
        var entry = new PlacementResult(
            name, name, problem.Seed, problem.MaxImbalance, solution.Summary, solution.Seconds, judged.Measures, judged.Detail,
            parsed.GetValue(split));
        if (parsed.GetValue(result) is { } file)
            Judgement.ToResult(recording, wanted, options!.Residency, on!, counts, [entry]).Write(file);
        if (parsed.GetValue(json))
            PrintJson(entry, on!, options!, parsed.GetValue(output)!);
        else
            Print(entry, recording, on!, parsed.GetValue(output)!);
        return cancellation.IsCancellationRequested ? Program.Interrupted : 0;
    }

    /// <summary>Notes all that can be wrong before a search, so that none is run for nothing.</summary>
    private void Check(ParseResult parsed, InputFaults faults, Recording? recording, Cluster? on, ExpertPlacement? before)
    {
        var name = parsed.GetValue(policy)!;
        faults.RequireOutputs(
            [parsed.GetValue(trace), parsed.GetValue(current), parsed.GetValue(cluster)],
            ("--output", parsed.GetValue(output)), ("--result", parsed.GetValue(result)));
        var limit = parsed.GetValue(maxImbalance);
        faults.Require(limit is null || name == "affinity", "--max-imbalance", limit, $"policy affinity; {name} takes no limit");
        var seconds = parsed.GetValue(timeLimit);
        var timed = faults.Require(seconds is null or > 0, "--time-limit", seconds, "above 0 seconds");
        if (recording is null)
            return;
        faults.Try(() => recording.Require(CommonOptions.ToSplit(parsed.GetValue(split)!), PolicyChoice.NeedsTokens(name)));
        if (on is null)
            return;
        PlacementProblem.Check(
            faults, recording.Model, on, parsed.GetValue(redundant), limit, timed ? TimeLimit(parsed) : null,
            parsed.GetValue(iterationLimit) ?? long.MaxValue);
        if (before is null)
            return;
        var unfit = new InputFaults(parsed.GetValue(current)!);
        PlacementCost.CheckFit(unfit, "placement", before, recording.Model, on);
        faults.AddRange(unfit.ToImmutable());
    }

    /// <summary>What was asked for, at least a tick and at most what the clock can count to.</summary>
    private TimeSpan TimeLimit(ParseResult parsed)
    {
        var most = TimeSpan.MaxValue / 2;
        var seconds = parsed.GetValue(timeLimit) ?? (parsed.GetValue(iterationLimit) is null ? DefaultSeconds : most.TotalSeconds);
        return seconds >= most.TotalSeconds ? most : TimeSpan.FromTicks(Math.Max(1, (long)(seconds * TimeSpan.TicksPerSecond)));
    }

    private void Print(PlacementResult entry, Recording recording, Cluster on, string file)
    {
        var solve = entry.Solve!;
        var lines = new List<IReadOnlyList<string>>
        {
            new[] { "policy", entry.Policy },
            new[] { "status", $"{solve.Status.ToString().ToLowerInvariant()} ({solve.StopReason})" },
            new[] { $"objective ({solve.ObjectiveName})", MeasureTable.Objective(solve.ObjectiveName, solve.Objective) },
            new[] { "bound", solve.Bound is { } bound ? MeasureTable.Objective(solve.ObjectiveName, bound) : "none" },
            new[] { "search", MeasureTable.Seconds(entry.SolveSeconds) },
        };
        if (solve.RelaxedLayers.Length > 0)
            lines.Add(["layers that cannot reach the limit", string.Join(", ", solve.RelaxedLayers)]);
        lines.AddRange(MeasureTable.Lines(entry.Measures));
        terminal.Facts(
            $"{recording.Model.Name} on {on.Nodes} x {on.RanksPerNode}", $"split {entry.SolvedOn}, {recording.Origin}", lines);
        terminal.Line($"placement: {file}");
    }

    private void PrintJson(PlacementResult entry, Cluster on, EvaluationOptions options, string file)
    {
        var solve = entry.Solve!;
        var node = Judgement.ToJson(entry.Measures);
        node.Insert(0, "policy", entry.Policy);
        node.Insert(1, "status", solve.Status.ToString().ToLowerInvariant());
        node.Insert(2, "objectiveName", solve.ObjectiveName);
        node.Insert(3, "objective", solve.Objective);
        node.Insert(4, "bound", solve.Bound);
        node.Insert(5, "gap", solve.Gap);
        node.Insert(6, "seconds", entry.SolveSeconds);
        node.Insert(7, "iterations", solve.Iterations);
        node.Insert(8, "stopReason", solve.StopReason);
        node.Insert(9, "relaxedLayers", JsonSerializer.SerializeToNode(solve.RelaxedLayers, StrictJson.Options));
        node.Insert(10, "seed", entry.Seed);
        node.Insert(11, "maxImbalance", entry.MaxImbalance);
        node.Insert(12, "residency", options.Residency.ToString().ToLowerInvariant());
        node.Insert(13, "split", entry.SolvedOn);
        node.Insert(14, "cluster", $"{on.Name} {on.Nodes}x{on.RanksPerNode}");
        node.Insert(15, "placement", file);
        terminal.Json(node);
    }
}
