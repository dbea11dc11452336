using System.CommandLine;
using System.Text.RegularExpressions;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary>The options of a job that a placement service watches.</summary>
internal sealed partial class ServiceLinkOptions
{
    private readonly Option<string?> service = new("--service")
    {
        Description = "Send routing and step times to the placement service at this URL and take the placements that it wishes, with --job; several "
            + "URLs, separated by commas, are instances of which one leads. The job never waits for it.",
    };
    private readonly Option<string?> name = new("--service-job")
    {
        Description = "What the service calls the job: 1 to 63 of a-z, 0-9 and -; default: the name of the folder of --job.",
    };
    private readonly Option<string?> tokenFile = new("--token-file") { Description = "A file with the bearer token for --service." };
    private readonly Option<string?> policy = new("--policy") { Description = "When the service plans and applies: a JSON file; default: by hand only." };
    private readonly Option<string?> cluster = new("--cluster")
    {
        Description = "The machines, for the service: a preset, NxR, PRESET:NxR, or a cluster file; default: cpu-loopback of as many nodes and ranks.",
    };

    /// <summary>Gives a verb these options.</summary>
    internal void AddTo(Command command)
    {
        foreach (var option in new Option[] { service, name, tokenFile, policy, cluster })
            command.Options.Add(option);
    }

    /// <summary>What was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="folder">The folder of the job; null for a run that keeps nothing.</param>
    /// <param name="residency">Where hidden states live.</param>
    /// <param name="start">On which ranks; null where that is faulty.</param>
    /// <param name="faults">Where to note what is wrong.</param>
    /// <returns>Null where no service was asked for, or something was noted.</returns>
    internal ServiceLinkSettings? Read(ParseResult parsed, string? folder, Residency residency, RankStart? start, InputFaults faults)
    {
        var text = parsed.GetValue(service);
        if (text is null)
        {
            foreach (var option in new[] { name, tokenFile, policy, cluster })
                faults.Require(parsed.GetValue(option) is null, option.Name, parsed.GetValue(option), "only with --service");
            return null;
        }
        var addresses = ServiceAddress.Addresses(text, faults);
        faults.Require(folder is not null, "--service", text, "only with --job: what is applied must outlive a life of the job");
        faults.Require(
            residency == Residency.Home, "--residency", "coherent", "home: --service needs residency home, where one rank sees all layers of a token");
        var called = parsed.GetValue(name) ?? NameOf(folder ?? "job");
        faults.Require(JobSpec.IsName(called), "--service-job", called, "1 to 63 of a-z, 0-9 and -, the first none of -");
        var token = parsed.GetValue(tokenFile) is { } file ? faults.Try(() => ServiceAddress.Token(file)) : null;
        var held = parsed.GetValue(policy) is { } rules ? faults.Try(() => Policy(rules)) : null;
        var on = parsed.GetValue(cluster) is { } machines ? faults.Try(() => ClusterPresets.Parse(machines)) : null;
        if (on is not null && start is not null)
            faults.Require(on.Ranks == start.Ranks, "--cluster", on.Ranks, $"{start.Ranks} ranks, as of this run; see --ranks and --virtual-ranks");
        return faults.Any ? null : new ServiceLinkSettings(addresses, called, token, held, on);
    }

    private static LoopPolicy Policy(string file)
    {
        var policy = StrictJson.Read<LoopPolicy>(file);
        var faults = new InputFaults(file);
        policy.Check(faults);
        faults.ThrowIfAny();
        return policy;
    }

    /// <summary>The name of a folder as the name of a job, as far as it goes.</summary>
    private static string NameOf(string folder)
    {
        var last = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var plain = Others().Replace(last.ToLowerInvariant(), "-").Trim('-');
        return plain[..Math.Min(plain.Length, 63)];
    }

    [GeneratedRegex("[^a-z0-9-]+")]
    private static partial Regex Others();
}
