using System.CommandLine;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary><c>jobs</c>: what the placement service watches.</summary>
internal static class JobsCommand
{
    public static Command Create(Terminal terminal)
    {
        var (json, service) = (CommonOptions.Json(), new ServiceAddress());
        var command = new Command("jobs", "List the jobs of a placement service; register, show, feed and remove them.")
        {
            json, Show(terminal), JobsAddCommand.Create(terminal), Remove(terminal), JobsPushCommand.Create(terminal),
        };
        service.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = service.Connect(parsed);
            var list = await client.GetAsync<JobList>("api/jobs", cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
                terminal.Json(list);
            else if (list.Jobs.IsEmpty)
                terminal.Line("no jobs");
            else
                terminal.Table(JobTables.Columns, list.Jobs.Select(JobTables.Row));
        });
        return command;
    }

    /// <summary>The name of a job on a command line.</summary>
    internal static Argument<string> Name() => new("job") { Description = "The job's name." };

    /// <summary>Notes a name that can name no job.</summary>
    internal static string Check(InputFaults faults, string name, string field = "job")
    {
        faults.Require(JobSpec.IsName(name), field, name, "1 to 63 of a-z, 0-9 and -, the first none of -");
        return name;
    }

    private static Command Show(Terminal terminal)
    {
        var (name, json, service) = (Name(), CommonOptions.Json(), new ServiceAddress());
        var command = new Command("show", "Tell how a job stands.") { name, json };
        service.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var faults = new InputFaults("jobs show");
            var job = Check(faults, parsed.GetValue(name)!);
            using var client = faults.Try(() => service.Connect(parsed));
            faults.ThrowIfAny();
            var view = await client!.GetAsync<JobView>($"api/jobs/{job}", cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
                terminal.Json(view);
            else
                terminal.Facts(view.Name, view.Model, JobTables.Facts(view));
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var (name, service) = (Name(), new ServiceAddress());
        var command = new Command("remove", "Have the service forget a job; its events stay on record.") { name };
        service.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var faults = new InputFaults("jobs remove");
            var job = Check(faults, parsed.GetValue(name)!);
            using var client = faults.Try(() => service.Connect(parsed));
            faults.ThrowIfAny();
            await client!.DeleteAsync($"api/jobs/{job}", cancellation).ConfigureAwait(false);
            terminal.Line($"{job} is removed");
        });
        return command;
    }
}
