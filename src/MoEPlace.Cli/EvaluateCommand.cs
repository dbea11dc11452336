using System.CommandLine;
using System.Text.Json.Nodes;
using MoEPlace.Evaluation;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary><c>evaluate</c>: what placements would give on a recording.</summary>
internal sealed class EvaluateCommand
{
    private readonly Argument<string> trace = new("trace") { Description = "A trace, the journal of a run, or a load file (load measures only)." };
    private readonly Argument<string[]> placements = new("placements")
    {
        Description = "Placement files.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string> cluster = CommonOptions.Cluster(
        "Default: nodes and ranks of the placement with the default preset's figures.");
    private readonly Option<string> split = CommonOptions.Split("all");
    private readonly Option<string?> current = new("--current") { Description = "The placement in force, for migrationBytes." };
    private readonly Option<string?> result = CommonOptions.Result();
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly ConditionOptions conditions = new();
    private readonly Terminal terminal;

    private EvaluateCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new EvaluateCommand(terminal);
        var command = new Command("evaluate", "Judge placements on recorded tokens.")
        {
            verb.trace, verb.placements, verb.cluster, verb.split, verb.current, verb.result, verb.json,
        };
        verb.conditions.AddTo(command);
        command.SetAction(verb.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var faults = new InputFaults("evaluate");
        var options = faults.Try(() => conditions.Read(parsed));
        var files = parsed.GetValue(placements)!;
        var maps = files.Select(file => faults.Try(() => ExpertPlacementFile.Read(file))).ToArray();
        var before = faults.Try(() => parsed.GetValue(current) is { } path ? ExpertPlacementFile.Read(path) : null);
        var on = faults.Try(() => Cluster(parsed.GetValue(cluster), maps[0]));
        using var recording = faults.Try(() => Recording.Open(parsed.GetValue(trace)!, terminal));
        var judgedOn = CommonOptions.ToSplit(parsed.GetValue(split)!);
        faults.Try(() => recording?.Require(judgedOn, tokens: false));
        foreach (var file in files.GroupBy(f => f).Where(g => g.Count() > 1))
            faults.Add("placements", file.Key, "each placement once");
        faults.RequireOutputs([.. files, parsed.GetValue(trace), parsed.GetValue(current)], ("--result", parsed.GetValue(result)));
        for (var i = 0; recording is not null && on is not null && i < files.Length; i++)
            CheckFit(faults, files[i], maps[i], recording, on);
        if (recording is not null && on is not null && parsed.GetValue(current) is { } now)
            CheckFit(faults, now, before, recording, on);
        faults.ThrowIfAny();

        var (counts, slice) = recording!.Count(judgedOn);
        var labels = Labels(files);
        var entries = maps.Select((map, i) =>
        {
            var judged = Judgement.Of(slice, counts, map!, recording.Model, on!, options!, before);
            return new PlacementResult(
                labels[i], map!.Provenance.Policy, map.Provenance.Seed, null, null, null, judged.Measures, judged.Detail, SolvedOn(map));
        }).ToArray();
        if (parsed.GetValue(result) is { } path)
            Judgement.ToResult(recording, judgedOn, options!.Residency, on!, counts, entries).Write(path);
        if (!parsed.GetValue(json))
            Print(entries, recording, judgedOn);
        else if (entries.Length == 1)
            terminal.Json(Judgement.ToJson(entries[0].Measures));
        else
            terminal.Json(new JsonObject(
                entries.Select((e, i) => KeyValuePair.Create<string, JsonNode?>(files[i], Judgement.ToJson(e.Measures)))));
        return 0;
    }

    private static Cluster? Cluster(string? text, ExpertPlacement? first) =>
        text is null && first is null ? null : ClusterPresets.Parse(text ?? $"{first!.Nodes}x{first.RanksPerNode}");

    private static void CheckFit(InputFaults faults, string file, ExpertPlacement? map, Recording recording, Cluster on)
    {
        if (map is null)
            return;
        var unfit = new InputFaults(file);
        PlacementCost.CheckFit(unfit, "placement", map, recording.Model, on);
        faults.AddRange(unfit.ToImmutable());
    }

    /// <summary>Names for tables and figures: those of the files, their paths where two files have one name.</summary>
    private static string[] Labels(string[] files)
    {
        string[] names = [.. files.Select(file => Path.GetFileNameWithoutExtension(file))];
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length ? names : files;
    }

    /// <summary>The split of the selection that a placement was solved on, such as <c>train, decode</c>.</summary>
    private static string? SolvedOn(ExpertPlacement map) =>
        map.Provenance.Options.GetValueOrDefault("split")?.Split(',')[0] is ("train" or "test" or "all") and var split ? split : null;

    private void Print(PlacementResult[] entries, Recording recording, TraceSplit judgedOn)
    {
        var head = $"{recording.Model.Name} ({recording.Origin}), split {judgedOn.ToString().ToLowerInvariant()}";
        if (entries.Length == 1)
            terminal.Facts(head, entries[0].Label, MeasureTable.Lines(entries[0].Measures));
        else
        {
            terminal.Line(head);
            terminal.Table(MeasureTable.Columns, entries.Select(MeasureTable.Row));
        }
    }
}
