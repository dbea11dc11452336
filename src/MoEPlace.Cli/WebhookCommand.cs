using System.CommandLine;
using System.Net;

namespace MoEPlace.Cli;

/// <summary><c>webhook</c>: what restarts an engine when the placement service says so.</summary>
internal sealed class WebhookCommand
{
    private const int LeastSecret = 16;
    private readonly Argument<string[]> command = new("command")
    {
        Description = "What puts a map in force, after --: it gets the map's path as its last argument; exit code 0 says that the engine serves it.",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string> listen = new("--listen")
    {
        Description = "Where the service finds this: http on loopback.",
        DefaultValueFactory = _ => "http://127.0.0.1:7078",
    };
    private readonly Option<string> maps = new("--maps") { Description = "The folder that maps are written to.", DefaultValueFactory = _ => "maps" };
    private readonly Option<string?> secret = new("--secret-file") { Description = "The file with the key that the service signs with." };
    private readonly ServiceAddress service = new();
    private readonly Terminal terminal;

    private WebhookCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new WebhookCommand(terminal);
        var command = new Command("webhook", "Restart an engine with a new expert map whenever the placement service says so.")
        {
            verb.command, verb.listen, verb.maps, verb.secret,
        };
        verb.service.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("webhook");
        var where = parsed.GetValue(listen)!;
        var known = Uri.TryCreate(where, UriKind.Absolute, out var address) && address.Scheme == "http"
            && IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip);
        faults.Require(known, "--listen", where, "http on a loopback address, such as http://127.0.0.1:7078");
        var key = faults.Try(() => ReadKey(parsed.GetValue(secret)));
        var folder = Path.GetFullPath(parsed.GetValue(maps)!);
        faults.Require(!File.Exists(folder), "--maps", folder, "a folder");
        using var client = faults.Try(() => service.Connect(parsed));
        faults.ThrowIfAny();
        Directory.CreateDirectory(folder);
        var restart = new EngineRestart(client!, folder, [.. parsed.GetValue(command)!], terminal, cancellation);
        await using var receiver = await WebhookReceiver.StartAsync(address!, key, restart, cancellation).ConfigureAwait(false);
        terminal.Line($"listening on {receiver.Address}");
        await receiver.ToEndAsync(cancellation).ConfigureAwait(false);
        return Program.Stopped;
    }

    private static byte[]? ReadKey(string? file)
    {
        if (file is null)
            return null;
        try
        {
            var text = File.ReadAllText(file).Trim();
            return text.Length >= LeastSecret
                ? System.Text.Encoding.UTF8.GetBytes(text)
                : throw new InputException(file, "--secret-file", $"{text.Length} characters", $"{LeastSecret} or more, as the service wants");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException(file, "--secret-file", e.Message, "a file that can be read");
        }
    }
}
