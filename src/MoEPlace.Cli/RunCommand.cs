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
    private readonly Option<string?> times = new("--times") { Description = "Write how long every step took, phase by phase, to this file; with --job, every step of this life of the job." };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly RankOptions ranks = new();
    private readonly RunInput input = new();
    private readonly JobOptions jobs = new();
    private readonly ServiceLinkOptions service = new();
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
        verb.jobs.AddTo(command);
        verb.service.AddTo(command);
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
            ("--record", trace), ("--logits", parsed.GetValue(logits)), ("--times", parsed.GetValue(times)));
        if (trace is not null && start is { Leads: true })
            faults.Require(
                !Directory.Exists(JournalOf(trace)), "--record", JournalOf(trace),
                "no such folder: it is what an earlier run left that did not end; import (trace import --from journal) or remove it");
        var element = CommonOptions.ToElementType(parsed.GetValue(type)!, start?.Device, faults);
        jobs.Check(parsed, start, faults, ("--record", trace), ("--logits", parsed.GetValue(logits)));
        var home = parsed.GetValue(residency) == "home" ? Residency.Home : Residency.Coherent;
        var watched = service.Read(parsed, jobs.FolderOf(parsed), home, start, faults);
        var state = weights is null || start is null || what is null ? null : jobs.Look(parsed, weights, element, what.Value.Job, start, map, faults);
        faults.ThrowIfAny();

        var config = weights!.Config;
        map ??= ContiguousPlacement.Of(config, start!.Nodes, start.Ranks / start.Nodes);
        var options = new RunOptions
        {
            Placement = map,
            Residency = home,
            MeasureLoss = !input.IsPrompt(parsed),
            JournalFolder = trace is null ? null : JournalOf(trace),
        };
        var header = new TraceHeader(
            config.ToModel(Tensor.BytesOf(element)), TraceOrigin.Measured,
            $"{config.Name} on {Describe(start!.Device)}, {start.Ranks} ranks, residency {parsed.GetValue(residency)}", parsed.GetValue(licence)!,
            ChoiceOrder.ByWeight, what!.Value.Domains);
        var job = what.Value.Job;
        if (state is not null && start.Environment is null && job with { Sampled = state.Sampled } is { IsComplete: true } complete)
        {
            Tell(parsed, RunResult.OfRecord(complete, start.Ranks), job, start, config);
            return 0;
        }
        return (start with { Restarts = jobs.RestartsOf(parsed) }).Run(
            group => Work(parsed, group, weights, element, start, job, options, header, watched, cancellation),
            result => Tell(parsed, result, job, start, config), terminal, cancellation);
    }

    /// <summary>What each rank does.</summary>
    private RunResult Work(
        ParseResult parsed, IRankGroup group, Checkpoint weights, ScalarType element, RankStart start, Job job, RunOptions options,
        TraceHeader header, ServiceLinkSettings? watched, CancellationToken cancellation)
    {
        var (leads, trace, logitsPath) = (group.Rank == 0, parsed.GetValue(record), parsed.GetValue(logits));
        // One checkpoint notes the faults of one reader.
        using var own = Checkpoint.Open(weights.Folder);
        using var kept = jobs.Open(parsed, group, own, element, job, start, options);
        (job, options) = jobs.GoOn(parsed, group, start, kept, job, options);
        if (kept is { State: { Ids: > 0 } state })
            terminal.Error(FormattableString.Invariant($"note: {state.Ids} ids are on record already, epoch {state.Epoch.Number}"));
        if (job.IsComplete)
            return RunResult.OfRecord(job, group.Size);
        using var model = MoELanguageModel.Load(own, options.Placement, new RankId(group.Rank), start.Device, element, options.Live?.SpareSlots);
        using var port = jobs.Listen(parsed, options);
        using var link = watched is null ? null : new ServiceLink(watched, group, own.Config, element, start, options, terminal);
        options = link?.Options ?? options;
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
        link?.Complete();
        if (!leads || trace is null)
            return result;
        JournalTrace.Write(options.JournalFolder!, trace);
        Directory.Delete(options.JournalFolder!, recursive: true);
        return result;
    }

    private void Tell(ParseResult parsed, RunResult result, Job job, RankStart start, TransformerConfig config)
    {
        // A job that was complete before has no steps.
        if (parsed.GetValue(times) is { } file && result.Steps > 0)
            StepTimesFile.Of(result).Write(file);
        if (parsed.GetValue(json))
        {
            terminal.Json(RunReport.ToJson(result, job, start));
            return;
        }
        if (input.IsPrompt(parsed))
            terminal.Line(RunReport.Text(job.Prompts[0], result.Sampled[0]));
        var (lines, folder) = (RunReport.Lines(result), jobs.FolderOf(parsed));
        if (folder is not null)
            lines = result.Steps > 0 ? lines.Prepend(["job", $"{folder}, complete"]) : [["job", $"{folder}, complete before; nothing ran"]];
        terminal.Facts(config.Name, FormattableString.Invariant($"{start.Ranks} ranks on {Describe(start.Device)}"), lines);
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
