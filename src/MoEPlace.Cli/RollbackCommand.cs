using System.CommandLine;
using MoEPlace.Service.Applies;

namespace MoEPlace.Cli;

/// <summary><c>rollback</c>: a job goes back to the placement before.</summary>
internal static class RollbackCommand
{
    public static Command Create(Terminal terminal)
    {
        var (name, json, service) = (JobsCommand.Name(), CommonOptions.Json(), new ServiceAddress());
        var wait = new Option<bool>("--wait") { Description = "Wait until it is over; exit code 1 where the placement before is not in force then." };
        var command = new Command("rollback", "Have a placement service put the placement before in force again.") { name, wait, json };
        service.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var faults = new InputFaults("rollback");
            var job = JobsCommand.Check(faults, parsed.GetValue(name)!);
            using var client = faults.Try(() => service.Connect(parsed));
            faults.ThrowIfAny();
            return await new ServiceApply(terminal).RunAsync(
                client!, $"api/jobs/{job}/rollback", job, apply => apply is { Phase: ApplyPhase.Returned } or { Decision: 0, Phase: ApplyPhase.Kept },
                parsed.GetValue(wait), parsed.GetValue(json), cancellation).ConfigureAwait(false);
        });
        return command;
    }
}
