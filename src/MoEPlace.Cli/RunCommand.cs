using System.CommandLine;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;

namespace MoEPlace.Cli;

/// <summary><c>run</c>: a model on its ranks.</summary>
internal sealed class RunCommand
{
    private readonly Argument<string> checkpoint = new("checkpoint") { Description = "A folder with config.json and model.safetensors." };
    private readonly Option<string?> placement = new("--placement")
    {
        Description = "Which experts stand on which rank; default: the first E/R on the first rank, and so on.",
    };
    private readonly Option<string> residency = CommonOptions.Choice(
        "--residency", "Where a token lives between layers.", "home", "home", "coherent");
    private readonly Option<string> type = CommonOptions.ElementType();
    private readonly Option<string?> record = new("--record") { Description = "Record the routing into this trace." };
    private readonly Option<string> licence = new("--licence") { Description = "Licence of the recording.", DefaultValueFactory = _ => "" };
    private readonly Option<string?> logits = new("--logits") { Description = "Write the logits of every token into this safetensors file." };
    private readonly Option<string?> times = new("--times") { Description = "Write how long every step took, phase by phase, to this file." };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly RankOptions ranks = new();
    private readonly RunInput input = new();
    private readonly Terminal terminal;

    private RunCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new RunCommand(terminal);
        var command = new Command("run", "Run a model on its ranks, counting what travels and recording its routing.")
        {
            verb.checkpoint, verb.placement, verb.residency, verb.type, verb.record, verb.licence, verb.logits, verb.times, verb.json,
        };
        verb.ranks.AddTo(command);
        verb.input.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.FromResult(verb.Run(parsed, cancellation)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("run");
        var start = ranks.Read(parsed, faults);
        using var weights = faults.Try(() => Checkpoint.Open(parsed.GetValue(checkpoint)!));
        var map = faults.Try(() => parsed.GetValue(placement) is { } file ? ExpertPlacementFile.Read(file) : null);
        var what = weights is null ? null : input.Read(parsed, weights.Config, start?.Ranks ?? 1, faults);
        if (weights is not null && start is not null && map is not null)
            CheckFit(faults, parsed.GetValue(placement)!, map, weights.Config, start);
        var trace = parsed.GetValue(record);
        faults.RequireOutputs(
            [parsed.GetValue(placement), parsed.GetValue(checkpoint), .. input.Files(parsed)],
            ("--record", trace), ("--logits", parsed.GetValue(logits)),
            ("--times", parsed.GetValue(times)));
        if (trace is not null && start is { Leads: true })
            faults.Require(
                !Directory.Exists(JournalOf(trace)), "--record", JournalOf(trace),
                "no such folder: it is what an earlier run left that did not end; import (trace import --from journal) or remove it");
        var element = CommonOptions.ToElementType(parsed.GetValue(type)!, start?.Device, faults);
        faults.ThrowIfAny();

        var config = weights!.Config;
        map ??= ContiguousPlacement.Of(config, start!.Nodes, start.Ranks / start.Nodes);
        var options = new RunOptions
        {
            Placement = map,
            Residency = parsed.GetValue(residency) == "home" ? Residency.Home : Residency.Coherent,
            MeasureLoss = !input.IsPrompt(parsed),
            JournalFolder = trace is null ? null : JournalOf(trace),
        };
        var header = new TraceHeader(
            config.ToModel(Tensor.BytesOf(element)), TraceOrigin.Measured,
            $"{config.Name} on {Describe(start!.Device)}, {start.Ranks} ranks, residency {parsed.GetValue(residency)}", parsed.GetValue(licence)!,
            ChoiceOrder.ByWeight, what!.Value.Domains);
        return start.Run(
            group => Work(group, weights, element, start.Device, what.Value.Job, options, header, trace, parsed.GetValue(logits), cancellation),
            result => Tell(parsed, result, what.Value.Job, start, config), terminal, cancellation);
    }

    /// <summary>What each rank does.</summary>
    private RunResult Work(
        IRankGroup group, Checkpoint weights, ScalarType element, TorchDevice device, Job job, RunOptions options, TraceHeader header, string? trace,
        string? logitsPath, CancellationToken cancellation)
    {
        var leads = group.Rank == 0;
        // One checkpoint notes the faults of one reader.
        using var own = Checkpoint.Open(weights.Folder);
        using var model = MoELanguageModel.Load(own, options.Placement, new RankId(group.Rank), device, element);
        if (leads && options.JournalFolder is { } folder)
            RankRun.CreateJournal(folder, header, group.Size);
        group.Barrier();
        using var file = leads && logitsPath is not null ? new LogitsFile(logitsPath, model.Config.VocabularySize) : null;
        using var progress = leads ? new StatusLine(terminal.ErrorWriter, StatusLine.ColumnsOf(terminal.ErrorWriter), TimeProvider.System) : null;
        var result = RankRun.Run(group, model, job, options with
        {
            Logits = logitsPath is null ? null : rows => file?.Append(rows),
            Progress = (done, all) => progress?.Show((double)done / all, FormattableString.Invariant($"run: {done} of {all} tokens")),
        }, cancellation);
        file?.Complete();
        if (!leads || trace is null)
            return result;
        JournalTrace.Write(options.JournalFolder!, trace);
        Directory.Delete(options.JournalFolder!, recursive: true);
        return result;
    }

    private void Tell(ParseResult parsed, RunResult result, Job job, RankStart start, TransformerConfig config)
    {
        if (parsed.GetValue(times) is { } file)
            StepTimesFile.Of(result).Write(file);
        if (parsed.GetValue(json))
        {
            terminal.Json(RunReport.ToJson(result, job, start));
            return;
        }
        if (input.IsPrompt(parsed))
            terminal.Line(RunReport.Text(job.Prompts[0], result.Sampled[0]));
        terminal.Facts(config.Name, FormattableString.Invariant($"{start.Ranks} ranks on {Describe(start.Device)}"), RunReport.Lines(result));
    }

    private static string JournalOf(string trace) => trace + ".journal";

    private static string Describe(TorchDevice device)
    {
        if (!device.IsCuda)
            return "cpu";
        var (name, driver) = torch.cuda.describe(device.Index);
        return $"{name} (CUDA driver {driver / 1000}.{driver % 1000 / 10})";
    }

    private static void CheckFit(InputFaults faults, string file, ExpertPlacement map, TransformerConfig config, RankStart start)
    {
        var unfit = new InputFaults(file);
        unfit.Require(map.Experts == config.Experts, "experts", map.Experts, $"{config.Experts}, as {config.Name} has");
        unfit.Require(
            map.MoeLayerIds.AsSpan().SequenceEqual(config.MoeLayerIds.AsSpan()), "moeLayerIds", string.Join(", ", map.MoeLayerIds),
            $"{string.Join(", ", config.MoeLayerIds)}, as {config.Name} has");
        unfit.Require(map.Ranks == start.Ranks, "nodes x ranksPerNode", map.Ranks, $"{start.Ranks}, the ranks of this run; see --ranks and --virtual-ranks");
        unfit.Require(
            start.Emulation is null || map.Nodes == start.Nodes, "nodes", map.Nodes, $"{start.Nodes}, as --emulate-nodes makes");
        faults.AddRange(unfit.ToImmutable());
    }
}
