using System.CommandLine;
using System.Text.Json;
using MoEPlace.Service.Jobs;
using MoEPlace.Traces.Models;

namespace MoEPlace.Cli;

/// <summary><c>jobs add</c>: a job is registered, from one file or from options.</summary>
internal sealed class JobsAddCommand
{
    private static readonly Dictionary<string, JobEngine> Engines =
        Enum.GetValues<JobEngine>().ToDictionary(engine => JsonNamingPolicy.KebabCaseLower.ConvertName(engine.ToString()), StringComparer.Ordinal);
    private readonly Argument<string?> spec = new("spec")
    {
        Description = "The job as one JSON file (`schema job`); else what the options say.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> name = new("--name") { Description = "The job's name." };
    private readonly Option<string?> model = new("--model")
    {
        Description = $"A config.json or a built-in model: {string.Join(", ", ModelConfig.BuiltIn)}.",
    };
    private readonly Option<string> cluster = CommonOptions.Cluster();
    private readonly Option<string?> placement = new("--placement") { Description = "The placement that it runs with." };
    private readonly Option<string> engine = CommonOptions.Choice("--engine", "What runs it.", "moeplace", [.. Engines.Keys]);
    private readonly Option<string?> webhook = new("--webhook")
    {
        Description = "A webhook of the service's configuration, for engines other than our own.",
    };
    private readonly Option<string?> policy = new("--policy") { Description = "When to plan and to apply: a JSON file (`schema policy`)." };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly ServiceAddress service = new();
    private readonly Terminal terminal;

    private JobsAddCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new JobsAddCommand(terminal);
        var command = new Command("add", "Register a job; one that is registered alike goes on as it is.")
        {
            verb.spec, verb.name, verb.model, verb.cluster, verb.placement, verb.engine, verb.webhook, verb.policy, verb.json,
        };
        verb.service.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("jobs add");
        var job = parsed.GetValue(spec) is { } path ? faults.Try(() => OfFile(parsed, path, faults)) : OfOptions(parsed, faults);
        using var client = faults.Try(() => service.Connect(parsed));
        faults.ThrowIfAny();
        var view = await client!.RegisterAsync(job!, cancellation).ConfigureAwait(false);
        if (parsed.GetValue(json))
            terminal.Json(view);
        else
            terminal.Facts(view.Name, view.Model, JobTables.Facts(view));
        return 0;
    }

    private JobSpec OfFile(ParseResult parsed, string path, InputFaults faults)
    {
        foreach (var (option, value) in new[]
        {
            ("--name", parsed.GetValue(name)), ("--model", parsed.GetValue(model)), ("--cluster", parsed.GetValue(cluster)),
            ("--placement", parsed.GetValue(placement)), ("--webhook", parsed.GetValue(webhook)), ("--policy", parsed.GetValue(policy)),
        })
            faults.Require(value is null, option, value, "only without a file of the job");
        return StrictJson.Read<JobSpec>(path);
    }

    private JobSpec? OfOptions(ParseResult parsed, InputFaults faults)
    {
        var called = Needed(parsed, name, "the job's name, or a file of the job", faults);
        if (called is not null)
            JobsCommand.Check(faults, called);
        var (modelled, machines, placed) = (
            Needed(parsed, model, "a config.json or a built-in model", faults), Needed(parsed, cluster, "a cluster", faults),
            Needed(parsed, placement, "a placement file", faults));
        var of = faults.Try(() => modelled is null ? null : ModelConfig.Read(modelled));
        var on = faults.Try(() => machines is null ? null : ClusterPresets.Parse(machines));
        var map = faults.Try(() => placed is null ? null : ExpertPlacementFile.Read(placed));
        var held = faults.Try(() => parsed.GetValue(policy) is { } file ? StrictJson.Read<LoopPolicy>(file) : null);
        if (called is null || of is null || on is null || map is null)
            return null;
        using var content = JsonDocument.Parse(ExpertPlacementFile.ToJson(map));
        return new JobSpec(called, of, on, content.RootElement.Clone(), Engines[parsed.GetValue(engine)!], parsed.GetValue(webhook), held);
    }

    private static string? Needed<T>(ParseResult parsed, Option<T> option, string allowed, InputFaults faults)
    {
        var value = parsed.GetValue(option) as string;
        faults.Require(value is not null, option.Name, value, allowed);
        return value;
    }
}
