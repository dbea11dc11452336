using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Executor.Training;

namespace MoEPlace.Cli;

/// <summary><c>train</c>: a small model from text.</summary>
internal sealed class TrainCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TrainingRunOptions Defaults = new() { Folder = "" };
    private readonly Terminal terminal;
    private readonly TrainOptions model = new();
    private readonly RankOptions ranks = new();
    private readonly Argument<string[]> text = new("text")
    {
        Description = "Text files, or folders of files *.txt; each file is a domain. The last tenth of each is held out.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string> output =
        CommonOptions.Output("The folder of the model: config.json, model.safetensors, training.json, traces/.");
    private readonly Option<int> checkpointEvery = Whole("--checkpoint-every", "Steps between states on disk.", Defaults.CheckpointEvery);
    private readonly Option<int> evaluateEvery = Whole("--evaluate-every", "Steps between looks at held-out text.", Defaults.EvaluateEvery);
    private readonly Option<int> evaluatedWindows =
        Whole("--evaluated-windows", "Held-out sequences of each text that are looked at.", Defaults.EvaluatedWindows);
    private readonly Option<int> recordEvery =
        Whole("--record-every", "Steps between recordings of held-out routing; 0 for none.", Defaults.RecordEvery);
    private readonly Option<int> recordedWindows =
        Whole("--recorded-windows", "Held-out sequences of each text that are recorded.", Defaults.RecordedWindows);
    private readonly Option<double?> timeLimit = new("--time-limit") { Description = "Stop after so many seconds; --resume goes on." };
    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on from the state in the folder, with the same options and text.",
    };
    private readonly Option<string> licence = new("--licence")
    {
        Description = "Licence of the recordings.",
        DefaultValueFactory = _ => "",
    };
    private readonly Option<bool> json = CommonOptions.Json();

    private TrainCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new TrainCommand(terminal);
        var command = new Command("train", "Train a small Mixture-of-Experts model on text.") { verb.text, verb.output };
        verb.model.AddTo(command);
        verb.ranks.AddTo(command);
        foreach (var option in new Option[]
        {
            verb.checkpointEvery, verb.evaluateEvery, verb.evaluatedWindows, verb.recordEvery, verb.recordedWindows, verb.timeLimit,
            verb.resume, verb.licence, verb.json,
        })
            command.Add(option);
        command.SetAction((parsed, cancellation) => Task.FromResult(verb.Run(parsed, cancellation)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("train");
        var start = ranks.Read(parsed, faults);
        faults.Require(start is not { Device.IsCuda: true }, "--device", start?.Device, "cpu: training runs on the CPU");
        var length = model.Length(parsed);
        var corpus = length >= 1 ? faults.Try(() => Corpus.Read(parsed.GetValue(text)!, length)) : null;
        var options = model.Read(parsed, corpus?.Domains.Select(d => d.Name) ?? [], start?.Ranks ?? 1, faults);
        var run = new TrainingRunOptions
        {
            Folder = parsed.GetValue(output)!,
            CheckpointEvery = parsed.GetValue(checkpointEvery),
            EvaluateEvery = parsed.GetValue(evaluateEvery),
            EvaluatedWindows = parsed.GetValue(evaluatedWindows),
            RecordEvery = parsed.GetValue(recordEvery),
            RecordedWindows = parsed.GetValue(recordedWindows),
            TimeLimitSeconds = parsed.GetValue(timeLimit),
            Resume = parsed.GetValue(resume),
            Licence = parsed.GetValue(licence)!,
        };
        run.Check(faults);
        faults.ThrowIfAny();
        TrainingProgress? last = null;
        return start!.Run(
            group =>
            {
                using var bar = new TrainingBar(terminal.ErrorWriter, value => last = value);
                return TrainingRun.Run(options, run, corpus!, group, group.Rank == 0 ? bar : null, cancellation);
            },
            log => Tell(parsed, log, run, last), terminal, cancellation, Patience);
    }

    private void Tell(ParseResult parsed, TrainingLog log, TrainingRunOptions run, TrainingProgress? last)
    {
        var heldOut = log.HeldOut.LastOrDefault();
        if (parsed.GetValue(json))
        {
            terminal.Json(new JsonObject
            {
                ["folder"] = run.Folder,
                ["stepsDone"] = log.StepsDone,
                ["complete"] = log.IsComplete,
                ["parameters"] = log.Parameters,
                ["trainingLoss"] = log.Training.LastOrDefault()?.Loss,
                ["heldOut"] = JsonSerializer.SerializeToNode(heldOut, StrictJson.Options),
                ["seconds"] = last?.Seconds,
                ["tokensPerSecond"] = last?.TokensPerSecond,
            });
            return;
        }
        var facts = new List<IReadOnlyList<string>>
        {
            new[] { "steps", $"{log.StepsDone} of {log.Options.Steps}" },
            new[] { "parameters", MeasureTable.Count(log.Parameters) },
        };
        if (log.Training.LastOrDefault() is { } point)
            facts.Add(["training loss (nats per byte)", FormattableString.Invariant($"{point.Loss:F3}")]);
        if (heldOut is not null)
        {
            facts.Add(["held-out loss", FormattableString.Invariant($"{heldOut.Loss:F3} at step {heldOut.Step}")]);
            facts.AddRange(log.Domains.Zip(
                heldOut.DomainLoss, (name, loss) => new[] { $"  {name}", FormattableString.Invariant($"{loss:F3}") }));
            var imbalance = heldOut.Imbalance.Select(i => FormattableString.Invariant($"{i:F2}"));
            facts.Add(["busiest expert over mean, by layer", string.Join(' ', imbalance)]);
        }
        if (last is not null)
            facts.Add(["speed", FormattableString.Invariant($"{last.TokensPerSecond:F0} tokens/s over {last.Seconds:F0} s")]);
        var reached = !log.IsComplete ? "not done; --resume goes on" : last is null ? "was trained before; nothing to do" : "trained";
        terminal.Facts(run.Folder, reached, facts);
    }

    private static Option<int> Whole(string name, string description, int fallback) =>
        new(name) { Description = description, DefaultValueFactory = _ => fallback };
}
