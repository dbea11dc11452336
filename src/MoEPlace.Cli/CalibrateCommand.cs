using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MoEPlace.Executor.Calibrating;
using MoEPlace.Executor.Models;
using MoEPlace.Results;
using MoEPlace.Simulation.Devices.Fitting;
using MoEPlace.Torch;

namespace MoEPlace.Cli;

/// <summary><c>calibrate</c>: what the phases of a decode step take on these ranks, as a cluster for the simulator.</summary>
internal sealed class CalibrateCommand
{
    private static readonly CalibrationOptions Defaults = new() { Contexts = [], RanksPerNode = 1 };
    private readonly Argument<string> checkpoint = new("checkpoint") { Description = "A folder with config.json and model.safetensors." };
    private readonly Option<string> output = CommonOptions.Output("The cluster file.");
    private readonly Option<string?> measurements = new("--measurements")
    {
        Description = "Also write what was measured, before anything is fitted.",
    };
    private readonly Option<string> type = CommonOptions.ElementType();
    private readonly Option<int[]> tokens = new("--tokens")
    {
        Description = "Tokens on every rank at which phases are measured.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. Defaults.Tokens],
    };
    private readonly Option<int[]> contexts = new("--contexts")
    {
        Description = "Cached tokens of each at which attention is measured; "
            + "default: an eighth, a half and seven eighths of what the model takes, or of 512.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<double> seconds = new("--seconds")
    {
        Description = "How long to measure, warm-up not included.",
        DefaultValueFactory = _ => Defaults.Seconds,
    };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly RankOptions ranks = new();
    private readonly Terminal terminal;

    private CalibrateCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new CalibrateCommand(terminal);
        var command = new Command("calibrate", "Measure what a decode step takes on these ranks, and write the cluster for the simulator.")
        {
            verb.checkpoint, verb.output, verb.measurements, verb.type, verb.tokens, verb.contexts, verb.seconds, verb.json,
        };
        verb.ranks.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.FromResult(verb.Run(parsed, cancellation)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("calibrate");
        var start = ranks.Read(parsed, faults);
        using var weights = faults.Try(() => Checkpoint.Open(parsed.GetValue(checkpoint)!));
        var (cluster, measured) = (parsed.GetValue(output)!, parsed.GetValue(measurements));
        faults.RequireOutputs([parsed.GetValue(checkpoint)], ("--output", cluster), ("--measurements", measured));
        var element = CommonOptions.ToElementType(parsed.GetValue(type)!, start?.Device, faults);
        CalibrationOptions? options = null;
        if (start is not null && weights is not null)
        {
            options = new CalibrationOptions
            {
                Tokens = [.. parsed.GetValue(tokens)!],
                Contexts = parsed.GetValue(contexts) is { Length: > 0 } asked ? [.. asked] : CalibrationOptions.ContextsOf(weights.Config),
                Seconds = parsed.GetValue(seconds),
                RanksPerNode = start.Environment?.LocalSize ?? start.Ranks,
            };
            options.Check(faults, weights.Config, start.Ranks);
        }
        faults.ThrowIfAny();
        return (start! with { Steady = true }).Run(
            group =>
            {
                // One checkpoint notes the faults of one reader.
                using var own = Checkpoint.Open(weights!.Folder);
                using var progress = group.Rank == 0
                    ? new StatusLine(terminal.ErrorWriter, StatusLine.ColumnsOf(terminal.ErrorWriter), TimeProvider.System) : null;
                return CalibrationRun.Run(group, own, start.Device, element, options! with
                {
                    Progress = (done, rounds) => progress?.Show(
                        done, string.Create(CultureInfo.InvariantCulture, $"calibrate: {100 * done,3:F0} %, {rounds} rounds")),
                }, cancellation);
            },
            result => Tell(parsed, result, weights!.Config.ToModel(Tensor.BytesOf(element)), cluster, measured), terminal, cancellation);
    }

    private void Tell(ParseResult parsed, CalibrationMeasurements result, MoEModel model, string path, string? measured)
    {
        if (measured is not null)
            result.Write(measured);
        var cluster = CalibrationFit.Fit(result, model, Path.GetFileNameWithoutExtension(path));
        OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, cluster, StrictJson.Options));
        if (parsed.GetValue(json))
        {
            terminal.Json(cluster);
            return;
        }
        terminal.Table(CalibrationTable.Columns, CalibrationTable.Rows(result, cluster));
        terminal.Line($"{path}: {cluster.Calibration!.Source}");
    }
}
