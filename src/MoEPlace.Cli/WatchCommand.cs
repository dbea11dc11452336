using System.CommandLine;
using System.Text.Json;
using MoEPlace.Service.Client;
using MoEPlace.Service.State;

namespace MoEPlace.Cli;

/// <summary><c>watch</c>: what happens in a placement service, in words.</summary>
internal static class WatchCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string?>("job") { Description = "Only what is of this job.", Arity = ArgumentArity.ZeroOrOne };
        var after = new Option<long?>("--after")
        {
            Description = "Begin behind the event of this sequence number: 0 tells all that is on record. Default: from now on.",
        };
        var json = new Option<bool>("--json") { Description = "Print each event as one JSON object on a line." };
        var service = new ServiceAddress();
        var command = new Command(
            "watch", "Follow what happens in a placement service until interrupted; over breaks of the line nothing is missed.") { name, after, json };
        service.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var faults = new InputFaults("watch");
            var (job, from) = (parsed.GetValue(name), parsed.GetValue(after));
            if (job is not null)
                JobsCommand.Check(faults, job);
            faults.Require(from is null or >= 0, "--after", from, "0 or more");
            using var client = faults.Try(() => service.Connect(parsed));
            faults.ThrowIfAny();
            var feed = new EventFeed(client!, job, from);
            feed.Line += why =>
            {
                if (why is not null)
                    terminal.Error($"note: {why}; trying again");
            };
            await foreach (var e in feed.ReadAsync(cancellation).ConfigureAwait(false))
                terminal.Line(parsed.GetValue(json) ? JsonSerializer.Serialize(e, StrictJson.OneLine) : Words(e));
        });
        return command;
    }

    private static string Words(ServiceEvent e) =>
        FormattableString.Invariant($"{e.At:HH:mm:ss} {(e.Job.Length > 0 ? e.Job + " " : "")}{e.Kind}: {e.Text}");
}
