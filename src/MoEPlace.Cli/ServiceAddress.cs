using System.CommandLine;
using MoEPlace.Service.Client;

namespace MoEPlace.Cli;

/// <summary>The options that say which placement service a verb talks to.</summary>
internal sealed class ServiceAddress
{
    private const string Default = "http://127.0.0.1:7077";
    private readonly Option<string> service = new("--service")
    {
        Description = "The placement service; several that share their state with commas between.",
        DefaultValueFactory = _ => Default,
    };
    private readonly Option<string?> token = new("--token-file") { Description = "A file with the bearer token, where the service wants one." };

    /// <summary>Gives a verb these options.</summary>
    internal void AddTo(Command command)
    {
        command.Options.Add(service);
        command.Options.Add(token);
    }

    /// <summary>Whether any of them stands on the command line.</summary>
    internal bool IsGiven(ParseResult parsed) => parsed.GetResult(service) is { Implicit: false } || parsed.GetResult(token) is { Implicit: false };

    /// <summary>The client of what was asked for.</summary>
    /// <exception cref="InputException">An address is none, or the token cannot be read; every fault is told.</exception>
    internal ServiceClient Connect(ParseResult parsed)
    {
        var faults = new InputFaults(parsed.CommandResult.Command.Name);
        var addresses = new List<Uri>();
        foreach (var text in parsed.GetValue(service)!.Split(',', StringSplitOptions.TrimEntries))
        {
            var valid = Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";
            if (faults.Require(valid, "--service", text, "an address such as http://127.0.0.1:7077"))
                addresses.Add(address!);
        }
        var secret = faults.Try(() => ReadToken(parsed.GetValue(token)));
        faults.ThrowIfAny();
        return new ServiceClient(addresses, secret);
    }

    private static string? ReadToken(string? file)
    {
        try
        {
            return file is null ? null : File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException(file!, "--token-file", e.Message, "a file that can be read");
        }
    }
}
