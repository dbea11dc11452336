using System.Collections.Immutable;
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
        var addresses = Addresses(parsed.GetValue(service)!, faults);
        var secret = parsed.GetValue(token) is { } file ? faults.Try(() => Token(file)) : null;
        faults.ThrowIfAny();
        return new ServiceClient(addresses, secret);
    }

    /// <summary>The addresses of one or more services, with commas between; what is none is noted.</summary>
    internal static ImmutableArray<Uri> Addresses(string text, InputFaults faults)
    {
        var addresses = ImmutableArray.CreateBuilder<Uri>();
        foreach (var one in text.Split(','))
            if (faults.Require(
                Uri.TryCreate(one.Trim(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https", "--service", one,
                "URLs such as http://127.0.0.1:7077, separated by commas"))
                addresses.Add(address!);
        return addresses.ToImmutable();
    }

    /// <summary>Reads a token; what it is shows in no fault.</summary>
    /// <exception cref="InputException">The file cannot be read, or holds no token.</exception>
    internal static string Token(string file)
    {
        try
        {
            var token = File.ReadAllText(file).Trim();
            return token.Length is >= 1 and <= 4_096 && token.All(c => c is > ' ' and <= '~')
                ? token
                : throw new InputException(file, "token", $"{token.Length} characters", "one token of visible ASCII characters");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(file, "--token-file", e.Message, "a file that can be read");
        }
    }
}
