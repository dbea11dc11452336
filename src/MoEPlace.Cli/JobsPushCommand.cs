using System.CommandLine;
using System.Text.Json.Nodes;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary><c>jobs push</c>: what was recorded is sent to the service as if it came from the job now.</summary>
internal sealed class JobsPushCommand
{
    private readonly Argument<string> name = JobsCommand.Name();
    private readonly Argument<string> recording = new("recording")
    {
        Description = "A trace or the journal of a run, sent as rows, or a load file, sent as counts.",
    };
    private readonly Option<long?> rate = new("--tokens-per-second")
    {
        Description = "No faster than so; default: as fast as the service looks at them.",
    };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly ServiceAddress service = new();
    private readonly Terminal terminal;

    private JobsPushCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new JobsPushCommand(terminal);
        var command = new Command("push", "Send recorded routing to the service as a job's.") { verb.name, verb.recording, verb.rate, verb.json };
        verb.service.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("jobs push");
        var job = JobsCommand.Check(faults, parsed.GetValue(name)!);
        var (path, most) = (parsed.GetValue(recording)!, parsed.GetValue(rate));
        faults.Require(most is null or >= 1, "--tokens-per-second", most, "1 or more");
        using var routing = faults.Try(() => Recording.Open(path, terminal));
        using var client = faults.Try(() => service.Connect(parsed));
        faults.ThrowIfAny();
        var view = await client!.GetAsync<JobView>($"api/jobs/{job}", cancellation).ConfigureAwait(false);
        var model = routing!.Model;
        var unfit = new InputFaults(path);
        unfit.Require(model.Layers == view.Layers, "layers", model.Layers, $"{view.Layers}, as the job's model has");
        unfit.Require(model.Experts == view.Experts, "experts", model.Experts, $"{view.Experts}, as the job's model has");
        unfit.Require(model.TopK == view.TopK, "topK", model.TopK, $"{view.TopK}, as the job's model has");
        unfit.ThrowIfAny();
        var sent = await SendAsync(client, routing, view, most, cancellation).ConfigureAwait(false);
        if (parsed.GetValue(json))
            terminal.Json(new JsonObject { ["job"] = job, ["tokens"] = sent.Tokens, ["frames"] = sent.Frames });
        else
            terminal.Line($"{MeasureTable.Count(sent.Tokens)} tokens in {MeasureTable.Count(sent.Frames)} frames went to {job}");
        return 0;
    }

    private async Task<(long Tokens, long Frames)> SendAsync(
        ServiceClient client, Recording routing, JobView view, long? most, CancellationToken cancellation)
    {
        var (tokens, frames) = (0L, 0L);
        var began = TimeProvider.System.GetTimestamp();
        using var bar = new StatusLine(terminal.ErrorWriter, StatusLine.ColumnsOf(terminal.ErrorWriter), TimeProvider.System);
        var (path, type) = routing.HasTokens
            ? ($"api/jobs/{view.Name}/rows", ServiceClient.RowsType)
            : ($"api/jobs/{view.Name}/counts", ServiceClient.CountsType);
        var ranks = view.Nodes * view.RanksPerNode;
        foreach (var frame in routing.HasTokens ? RoutingFrames.Rows(routing.Trace, ranks) : RoutingFrames.Counts(routing.Load))
        {
            await client.PostAsync(path, frame.Bytes, type, cancellation).ConfigureAwait(false);
            (tokens, frames) = (tokens + frame.Tokens, frames + 1);
            bar.Show(frame.Share, FormattableString.Invariant($"push: {frame.Share,4:P0}, {tokens:N0} tokens"));
            if (most is { } rate && TimeSpan.FromSeconds(tokens / (double)rate) - TimeProvider.System.GetElapsedTime(began) is { Ticks: > 0 } wait)
                await Task.Delay(wait, cancellation).ConfigureAwait(false);
        }
        return (tokens, frames);
    }
}
