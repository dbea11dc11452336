using System.CommandLine;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using MoEPlace.Service.Applies;

namespace MoEPlace.Cli;

/// <summary><c>apply</c>: another placement for a job that runs.</summary>
internal sealed class ApplyCommand
{
    private const int NotApplied = 1;
    private const long DefaultBytesPerStep = 16_000_000;
    private readonly Argument<string?> placement = new("placement")
    {
        Description = "The placement, of the job's model and ranks.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string> job = new("--job")
    {
        Description = "The folder of the job, as given to `run --job`; with --decision its name in the placement service.",
        Required = true,
    };
    private readonly Option<int?> decision = new("--decision") { Description = "Have a placement service apply the plan of this decision of its." };
    private readonly Option<bool> wait = new("--wait") { Description = "With --decision: wait until it is over; exit code 1 where it was not kept." };
    private readonly ServiceAddress service = new();
    private readonly Option<long?> bytesPerStep = new("--bytes-per-step")
    {
        Description = $"Expert weights that may travel during one step, over all ranks; less than 4,096 counts as 4,096; default: {DefaultBytesPerStep}.",
    };
    private readonly Option<bool> status = new("--status") { Description = "Only tell how the job stands." };
    private readonly Option<bool> abort = new("--abort")
    {
        Description = "Have the apply that is under way given up; what has been committed stays.",
    };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly Terminal terminal;

    private ApplyCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new ApplyCommand(terminal);
        var command = new Command("apply", "Give a running job another placement, without stopping it.")
        {
            verb.placement, verb.job, verb.bytesPerStep, verb.status, verb.abort, verb.decision, verb.wait, verb.json,
        };
        verb.service.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (path, asks, aborts) = (parsed.GetValue(placement), parsed.GetValue(status), parsed.GetValue(abort));
        var faults = new InputFaults("apply");
        var number = parsed.GetValue(decision);
        faults.Require(
            (path is null ? 0 : 1) + (asks ? 1 : 0) + (aborts ? 1 : 0) + (number is null ? 0 : 1) == 1, "placement", path,
            "one of: a placement, --status, --abort, --decision");
        if (number is not null)
            return await ApplyByServiceAsync(parsed, number.Value, faults, cancellation).ConfigureAwait(false);
        faults.Require(!parsed.GetValue(wait), "--wait", "true", "only with --decision");
        faults.Require(!service.IsGiven(parsed), "--service", "given", "only with --decision");
        var bytes = parsed.GetValue(bytesPerStep);
        faults.Require(bytes is null or >= 1, "--bytes-per-step", bytes, "1 or more");
        faults.Require(bytes is null || !(asks || aborts), "--bytes-per-step", bytes, "only with a placement");
        var target = faults.Try(() => path is null ? null : ExpertPlacementFile.Read(path));
        var client = faults.Try(() => Find(parsed.GetValue(job)!, faults.Any));
        faults.ThrowIfAny();
        if (target is not null)
        {
            var wish = new ApplyRequest(target, bytes ?? DefaultBytesPerStep);
            return await ApplyAsync(parsed, client!, path!, wish, cancellation).ConfigureAwait(false);
        }
        Tell(parsed, aborts
            ? await client!.AbortAsync(cancellation).ConfigureAwait(false)
            : await client!.StatusAsync(cancellation).ConfigureAwait(false));
        return 0;
    }

    private async Task<int> ApplyByServiceAsync(ParseResult parsed, int number, InputFaults faults, CancellationToken cancellation)
    {
        faults.Require(number >= 1, "--decision", number, "1 or more");
        faults.Require(parsed.GetValue(bytesPerStep) is null, "--bytes-per-step", parsed.GetValue(bytesPerStep), "only with a placement");
        var name = JobsCommand.Check(faults, parsed.GetValue(job)!, "--job");
        using var client = faults.Try(() => service.Connect(parsed));
        faults.ThrowIfAny();
        var path = FormattableString.Invariant($"api/jobs/{name}/decisions/{number}/apply");
        return await new ServiceApply(terminal).RunAsync(
            client!, path, name, apply => apply.Phase == ApplyPhase.Kept, parsed.GetValue(wait), parsed.GetValue(json), cancellation).ConfigureAwait(false);
    }

    /// <summary>The job; where faults are told already, they come before that there is none.</summary>
    private static ControlClient? Find(string folder, bool faulty)
    {
        try
        {
            return new ControlClient(folder);
        }
        catch (IOException) when (faulty)
        {
            return null;
        }
    }

    private async Task<int> ApplyAsync(
        ParseResult parsed, ControlClient client, string path, ApplyRequest wish, CancellationToken cancellation)
    {
        ApplyStatus? last = null;
        try
        {
            using var bar = new StatusLine(terminal.ErrorWriter, StatusLine.ColumnsOf(terminal.ErrorWriter), TimeProvider.System);
            await foreach (var now in client.ApplyAsync(wish, cancellation).ConfigureAwait(false))
                bar.Show(Share(last = now), Progress(now));
        }
        catch (InputException e)
        {
            throw new InputException(e.Faults.Select(fault => fault.File == "placement" ? fault with { File = path } : fault));
        }
        catch (ApplyRefusedException e)
        {
            terminal.Error($"refused: {e.Message}");
            return NotApplied;
        }
        catch (OperationCanceledException)
        {
            terminal.Error("note: the job goes on applying it; see `moeplace apply --abort`");
            throw;
        }
        Tell(parsed, last!);
        if (last!.State == ApplyState.Done)
            return 0;
        terminal.Error(last.State == ApplyState.Aborted ? $"not applied: {last.Reason}" : "not applied: the job has ended");
        return NotApplied;
    }

    private void Tell(ParseResult parsed, ApplyStatus now)
    {
        if (parsed.GetValue(json))
            terminal.Json(now);
        else
            terminal.Facts(Describe(now.State), FormattableString.Invariant($"epoch {now.Epoch}"), Lines(now));
    }

    private static IEnumerable<IReadOnlyList<string>> Lines(ApplyStatus now)
    {
        yield return ["steps", MeasureTable.Count(now.Steps)];
        if (now.Waves > 0)
            yield return ["wave", FormattableString.Invariant($"{now.Wave} of {now.Waves}")];
        if (now.BytesInAll > 0)
            yield return ["weights moved", Moved(now)];
        if (now.Reason is { } reason)
            yield return ["reason", reason];
    }

    private static string Describe(ApplyState state) => state switch
    {
        ApplyState.Serving => "serving",
        ApplyState.Preparing => "moving weights",
        ApplyState.Committed => "freeing slots",
        ApplyState.Done => "applied",
        ApplyState.Aborted => "given up",
        _ => "ended",
    };

    private static double Share(ApplyStatus now) =>
        now.State == ApplyState.Done ? 1 : now.BytesInAll > 0 ? (double)now.BytesMoved / now.BytesInAll : 0;

    private static string Progress(ApplyStatus now) => FormattableString.Invariant(
        $"apply: {Share(now),4:P0}, wave {now.Wave} of {now.Waves}, {Moved(now)}, step {now.Steps}");

    private static string Moved(ApplyStatus now) => $"{MeasureTable.Bytes(now.BytesMoved)} of {MeasureTable.Bytes(now.BytesInAll)}";
}
