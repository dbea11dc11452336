using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using MoEPlace.Evaluation;
using MoEPlace.Placement;
using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary><c>place</c>: a placement from a recording.</summary>
internal sealed class PlaceCommand
{
    private const double DefaultSeconds = 30;
    private readonly Argument<string> trace = new("trace") { Description = "A trace, the journal of a run, or a load file (policy eplb)." };
    private readonly Option<string> cluster = CommonOptions.Cluster();
    private readonly Option<string> policy = CommonOptions.Choice("--policy", "How to place.", "affinity", PolicyChoice.Names);
    private readonly Option<string> objective = CommonOptions.Choice(
        "--objective", "What affinity minimises; the other policies have aims of their own.", "step", "crossing", "copies", "step");
    private readonly Option<int> redundant = new("--redundant")
    {
        Description = "Slots per layer beyond one for each expert (policies affinity, eplb and cooccurrence).",
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
        "--solver", "The integer solver of policies exflow and moetuner.", "highs", "highs", "cbc");
    private readonly Option<string?> current = new("--current")
    {
        Description = "The placement in force: what stays on its rank stays in its slot, and what moves is told; affinity numbers ranks so that little moves (objective crossing).",
    };
    private readonly Option<long?> migrationBudget = new("--migration-budget")
    {
        Description = "The most bytes of expert weights that may travel from --current (policy affinity).",
    };
    private readonly Option<int[]> drain = new("--drain")
    {
        Description = "Ranks that shall hold nothing, for example 3,5 (policy affinity).",
        CustomParser = ToRanks,
        Arity = ArgumentArity.ExactlyOne,
    };
    private readonly Option<bool> validate = ValidateRun.Option();
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
            verb.seed, verb.split, verb.solver, verb.current, verb.migrationBudget, verb.drain, verb.validate, verb.output, verb.result, verb.json,
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
        using var recording = faults.Try(() => Recording.Open(parsed.GetValue(trace)!, terminal));
        Check(parsed, faults, recording, on, before, options is not null && DecodeTokens.Alone(Objective(parsed), options));
        faults.ThrowIfAny();

        var name = parsed.GetValue(policy)!;
        var wanted = CommonOptions.ToSplit(parsed.GetValue(split)!);
        var slice = Slice(recording!, wanted, DecodeTokens.Alone(Objective(parsed), options!));
        var counts = recording!.Count(slice);
        var problem = PlacementProblem.Create(
            recording.Model, on!, counts, slice, Objective(parsed), options,
            parsed.GetValue(redundant), parsed.GetValue(maxImbalance), parsed.GetValue(seed), TimeLimit(parsed),
            parsed.GetValue(iterationLimit) ?? long.MaxValue, recording.Digest, [.. parsed.GetValue(drain) ?? []], before,
            parsed.GetValue(migrationBudget));
        if (parsed.GetValue(validate))
            problem = ValidateRun.HalfTime(problem);
        PlacementSolution solution;
        using (var bar = SearchBar.On(terminal.ErrorWriter, name))
            solution = PolicyChoice.Place(name, problem, parsed.GetValue(solver)!, bar, cancellation);
        var judged = Judgement.Of(slice, counts, solution.Placement, recording.Model, on!, options!, before);
        ExpertPlacementFile.Write(parsed.GetValue(output)!, solution.Placement);
        var entry = new PlacementResult(
            name, name, problem.Seed, problem.MaxImbalance, solution.Summary, solution.Seconds, judged.Measures, judged.Detail,
            parsed.GetValue(split))
        { Trajectory = solution.Trajectory, MigrationCurve = solution.MigrationCurve };
        var validated = parsed.GetValue(validate)
            ? ValidateRun.Run(terminal, problem, name, parsed.GetValue(solver)!, solution.Summary.ObjectiveName, cancellation) : null;
        if (parsed.GetValue(result) is { } file)
            (Judgement.ToResult(recording, wanted, options!.Residency, on!, counts, [entry]) with { Validation = validated }).Write(file);
        if (parsed.GetValue(json))
            PrintJson(entry, on!, options!, parsed.GetValue(output)!, validated);
        else
            Print(entry, recording, on!, parsed.GetValue(output)!, validated);
        return cancellation.IsCancellationRequested ? Program.Interrupted : 0;
    }

    /// <summary>Notes all that can be wrong before a search, so that none is run for nothing.</summary>
    private void Check(
        ParseResult parsed, InputFaults faults, Recording? recording, Cluster? on, ExpertPlacement? before, bool decodeAlone)
    {
        var name = parsed.GetValue(policy)!;
        faults.RequireOutputs(
            [parsed.GetValue(trace), parsed.GetValue(current), parsed.GetValue(cluster)],
            ("--output", parsed.GetValue(output)), ("--result", parsed.GetValue(result)));
        var limit = parsed.GetValue(maxImbalance);
        faults.Require(limit is null || name == "affinity", "--max-imbalance", limit, $"policy affinity; {name} takes no limit");
        var budget = parsed.GetValue(migrationBudget);
        faults.Require(budget is null || name == "affinity", "--migration-budget", budget, $"policy affinity; {name} keeps to no placement");
        var drained = parsed.GetValue(drain) ?? [];
        faults.Require(drained.Length == 0 || name == "affinity", "--drain", string.Join(',', drained), $"policy affinity; {name} uses all ranks");
        faults.Require(
            PolicyChoice.UsesSolver(name) || parsed.GetResult(solver) is not { Implicit: false }, "--solver", parsed.GetValue(solver),
            $"policy exflow or moetuner; {name} solves no integer program");
        var seconds = parsed.GetValue(timeLimit);
        var timed = faults.Require(seconds is null or > 0, "--time-limit", seconds, "above 0 seconds");
        if (recording is null)
            return;
        var wanted = CommonOptions.ToSplit(parsed.GetValue(split)!);
        if (parsed.GetValue(validate))
            ValidateRun.Check(faults, recording, wanted, decodeAlone);
        else if (decodeAlone && recording.HasTokens)
            faults.Try(() => recording.Slice(wanted, decodeAlone));
        faults.Try(() => recording.Require(wanted, PolicyChoice.NeedsTokens(name)));
        if (on is null)
            return;
        faults.Require(
            on.UnequalRanks is not { Length: > 0 } || name == "affinity", "--policy", name, $"affinity on {on.Name}, whose ranks are not equal (unequalRanks)");
        PlacementProblem.Check(
            faults, recording.Model, on, parsed.GetValue(redundant), limit, timed ? TimeLimit(parsed) : null,
            parsed.GetValue(iterationLimit) ?? long.MaxValue, [.. parsed.GetValue(drain) ?? []]);
        if (parsed.GetValue(current) is null || before is not null)
            PlacementProblem.CheckMigration(faults, recording.Model, on, before, budget, parsed.GetValue(current) ?? "--current");
    }

    private PlacementObjective Objective(ParseResult parsed) =>
        Enum.Parse<PlacementObjective>(parsed.GetValue(objective)!, ignoreCase: true);

    /// <summary>What is solved and judged on; tokens that are left out are told.</summary>
    private TraceSlice? Slice(Recording recording, TraceSplit wanted, bool decodeAlone)
    {
        var (all, slice) = (recording.Slice(wanted), recording.Slice(wanted, decodeAlone));
        if (slice?.Tokens < all?.Tokens)
            terminal.Error(
                $"note: solved and judged on {MeasureTable.Count(slice.Tokens)} decoded tokens of {MeasureTable.Count(all.Tokens)}: "
                + "with --residency coherent prefill runs at home");
        return slice;
    }

    private static int[] ToRanks(ArgumentResult given)
    {
        var words = given.Tokens[0].Value.Split(',');
        var ranks = new int[words.Length];
        for (var i = 0; i < words.Length; i++)
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out ranks[i]))
                given.AddError($"{words[i]} is no rank");
        return ranks;
    }

    /// <summary>What was asked for, at least a tick and at most what the clock can count to.</summary>
    private TimeSpan TimeLimit(ParseResult parsed)
    {
        var most = TimeSpan.MaxValue / 2;
        var seconds = parsed.GetValue(timeLimit) ?? (parsed.GetValue(iterationLimit) is null ? DefaultSeconds : most.TotalSeconds);
        return seconds >= most.TotalSeconds ? most : TimeSpan.FromTicks(Math.Max(1, (long)(seconds * TimeSpan.TicksPerSecond)));
    }

    private void Print(PlacementResult entry, Recording recording, Cluster on, string file, ValidationResult? validated)
    {
        var solve = entry.Solve!;
        var lines = new List<IReadOnlyList<string>>
        {
            new[] { "policy", entry.Policy },
            new[] { "status", $"{solve.Status.ToString().ToLowerInvariant()} ({solve.StopReason})" },
            new[] { $"objective ({solve.ObjectiveName})", MeasureTable.Objective(solve.ObjectiveName, solve.Objective) },
            new[] { "bound", Bound(solve) },
            new[] { "search", MeasureTable.Seconds(entry.SolveSeconds) },
        };
        if (solve.RelaxedLayers.Length > 0)
            lines.Add(["layers that cannot reach the limit", string.Join(", ", solve.RelaxedLayers)]);
        lines.AddRange(MeasureTable.Lines(entry.Measures));
        terminal.Facts(
            $"{recording.Model.Name} on {on.Nodes} x {on.RanksPerNode}", $"split {entry.SolvedOn}, {recording.Origin}", lines);
        terminal.Line($"placement: {file}");
        if (!entry.MigrationCurve.IsEmpty)
            terminal.Table(
                ["migration", $"objective ({solve.ObjectiveName})"],
                entry.MigrationCurve.Select(p => new[] { MeasureTable.Bytes(p.Bytes), MeasureTable.Objective(solve.ObjectiveName, p.Objective) }));
        if (validated is not null)
            ValidationTables.Print(terminal, validated);
    }

    /// <summary>With the gap, rounded up: none is told smaller than it is.</summary>
    private static string Bound(SolveSummary solve) => solve.Bound is not { } bound ? "none"
        : MeasureTable.Objective(solve.ObjectiveName, bound)
            + string.Create(CultureInfo.InvariantCulture, $" (gap {Math.Ceiling(1000 * solve.Gap ?? 0) / 10:F1} %)");

    private void PrintJson(PlacementResult entry, Cluster on, EvaluationOptions options, string file, ValidationResult? validated)
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
        if (!entry.MigrationCurve.IsEmpty)
            node.Add("migrationCurve", JsonSerializer.SerializeToNode(entry.MigrationCurve, StrictJson.Options));
        if (validated is not null)
            node.Add("validation", JsonSerializer.SerializeToNode(validated, StrictJson.Options));
        terminal.Json(node);
    }
}
