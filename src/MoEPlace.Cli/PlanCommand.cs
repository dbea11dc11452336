using System.CommandLine;
using System.Globalization;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;

namespace MoEPlace.Cli;

/// <summary><c>plan</c>: the service decides whether another placement is worth it for a job.</summary>
internal sealed class PlanCommand
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);
    private readonly Argument<string> name = JobsCommand.Name();
    private readonly Option<bool> simulate = new("--simulate") { Description = "Have the simulator compare as well." };
    private readonly Option<bool> wait = new("--wait") { Description = "Wait for the decision and tell it." };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly ServiceAddress service = new();
    private readonly Terminal terminal;

    private PlanCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new PlanCommand(terminal);
        var command = new Command("plan", "Have a placement service decide on another placement for a job.")
        {
            verb.name, verb.simulate, verb.wait, verb.json,
        };
        verb.service.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("plan");
        var job = JobsCommand.Check(faults, parsed.GetValue(name)!);
        using var client = faults.Try(() => service.Connect(parsed));
        faults.ThrowIfAny();
        var request = new PlanRequest(parsed.GetValue(simulate));
        var reply = await client!.PostAsync<PlanReply>($"api/jobs/{job}/plans", request, cancellation).ConfigureAwait(false);
        if (!parsed.GetValue(wait))
        {
            if (parsed.GetValue(json))
                terminal.Json(reply);
            else
                terminal.Line(FormattableString.Invariant($"decision {reply.Decision} of {job} is being made"));
            return 0;
        }
        var row = await WaitAsync(client, job, reply.Decision, cancellation).ConfigureAwait(false);
        if (parsed.GetValue(json))
            terminal.Json(row);
        else
            terminal.Facts(FormattableString.Invariant($"decision {row.Number}"), job, JobTables.Facts(row));
        return 0;
    }

    /// <summary>Looks until the decision is on record.</summary>
    /// <exception cref="IOException">It failed.</exception>
    private static async Task<DecisionRow> WaitAsync(ServiceClient client, string job, int decision, CancellationToken cancellation)
    {
        while (true)
        {
            // Looked at before the record: who has stopped planning has the decision on record already, or none.
            var view = await client.GetAsync<JobView>($"api/jobs/{job}", cancellation).ConfigureAwait(false);
            var latest = await client.GetAsync<DecisionList>($"api/jobs/{job}/decisions?most=20", cancellation).ConfigureAwait(false);
            if (latest.Decisions.FirstOrDefault(row => row.Number == decision) is { } made)
                return made;
            if (!view.Planning)
                throw new IOException(string.Create(
                    CultureInfo.InvariantCulture, $"decision {decision} of {job} failed; `moeplace watch {job} --after 0` tells what happened"));
            await Task.Delay(BetweenLooks, cancellation).ConfigureAwait(false);
        }
    }
}
