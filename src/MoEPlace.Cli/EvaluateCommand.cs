using System.CommandLine;
using MoEPlace.Evaluation;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary><c>evaluate</c>: what placements would give on a recording.</summary>
internal sealed class EvaluateCommand
{
    private readonly Argument<string> trace = new("trace") { Description = "A trace, or a load file (load measures only)." };
    private readonly Argument<string[]> placements = new("placements") { Description = "Placement files.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> cluster = CommonOptions.Cluster("Default: nodes and ranks of the placement with the default preset's figures.");
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
        var options = conditions.Read(parsed);
        var judgedOn = CommonOptions.ToSplit(parsed.GetValue(split)!);
        var files = parsed.GetValue(placements)!;
        var maps = files.Select(ExpertPlacementFile.Read).ToArray();
        var before = parsed.GetValue(current) is { } path ? ExpertPlacementFile.Read(path) : null;
        var on = ClusterPresets.Parse(parsed.GetValue(cluster) ?? $"{maps[0].Nodes}x{maps[0].RanksPerNode}");
        using var recording = Recording.Open(parsed.GetValue(trace)!);
        var (counts, slice) = recording.Count(judgedOn);
        var entries = maps.Select((map, i) =>
        {
            var judged = slice is null ? Judgement.ByLoad(map, counts) : PlacementCost.Evaluate(slice, map, on, options, before);
            return new PlacementResult(
                Path.GetFileNameWithoutExtension(files[i]), map.Provenance.Policy, map.Provenance.Seed, null, null, null, judged.Measures, judged.Detail);
        }).ToArray();
        if (parsed.GetValue(result) is { } file)
            Judgement.ToResult(recording, judgedOn, options.Residency, on, counts, entries).Write(file);
        if (!parsed.GetValue(json))
            Print(entries, recording, judgedOn);
        else if (entries.Length == 1)
            terminal.Json(Judgement.ToJson(entries[0].Measures));
        else
            terminal.Json(new System.Text.Json.Nodes.JsonObject(entries.Select((e, i) =>
                KeyValuePair.Create<string, System.Text.Json.Nodes.JsonNode?>(files[i], Judgement.ToJson(e.Measures)))));
        return 0;
    }

    private void Print(PlacementResult[] entries, Recording recording, TraceSplit judgedOn)
    {
        var head = $"{recording.Model.Name}, split {judgedOn.ToString().ToLowerInvariant()}, {recording.Origin}";
        if (entries.Length == 1)
            terminal.Facts(head, entries[0].Label, MeasureTable.Lines(entries[0].Measures));
        else
        {
            terminal.Line(head);
            terminal.Table(MeasureTable.Columns, entries.Select(MeasureTable.Row));
        }
    }
}
