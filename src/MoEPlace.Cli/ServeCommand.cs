using System.CommandLine;
using System.Text.Json.Nodes;
using MoEPlace.Service;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Cli;

/// <summary><c>serve</c>: the placement service with its API and its page, until it is told to stop.</summary>
internal sealed class ServeCommand
{
    private const string ScratchPrefix = "moeplace-serve-";
    private readonly Option<string?> config = new("--config")
    {
        Description = $"The configuration (`schema service`); default: the file that {ServiceConfiguration.Prefix}CONFIG names, or none.",
    };
    private readonly Option<string?> listen = new("--listen")
    {
        Description = "Where to listen; default: http://127.0.0.1:7077. Beyond loopback https, with tokens.",
    };
    private readonly Option<string?> database = new("--state")
    {
        Description = "sqlite:FILE, or a connection string of PostgreSQL; default: sqlite:moeplace.db.",
    };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly Terminal terminal;

    private ServeCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new ServeCommand(terminal);
        var command = new Command(
            "serve",
            "Run the placement service. What --listen and --state say stands over the environment "
                + $"({ServiceConfiguration.Prefix}LISTEN, …STATE and so on), that over the file.")
        {
            verb.config, verb.listen, verb.database, verb.json,
        };
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = ServiceConfiguration.Read(
            parsed.GetValue(config), Environment.GetEnvironmentVariables(), parsed.GetValue(listen), parsed.GetValue(database));
        var state = await StateStore.OpenAsync(options.State, cancellation: cancellation).ConfigureAwait(false);
        await using (state.ConfigureAwait(false))
        {
            var scratch = Scratch();
            try
            {
                var parts = new ServiceParts
                {
                    Options = options,
                    Worker = DecisionProcess.OfThisProgram(),
                    Scratch = scratch,
                    Drill = ServiceDrill.Read(),
                };
                await ServeAsync(parsed, state, parts, cancellation).ConfigureAwait(false);
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
        return Program.Stopped;
    }

    private async Task ServeAsync(ParseResult parsed, StateStore state, ServiceParts parts, CancellationToken cancellation)
    {
        var service = PlacementService.Start(state, parts);
        await using (service.ConfigureAwait(false))
        {
            var host = await ServiceHost.StartAsync(parts.Options, service, terminal.ErrorWriter, cancellation).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                if (parsed.GetValue(json))
                    terminal.Json(new JsonObject { ["address"] = host.Address.ToString() });
                else
                    terminal.Line($"the placement service listens at {host.Address}");
                await WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Where files are made in passing; what killed services left there goes.</summary>
    private static string Scratch()
    {
        foreach (var left in Directory.EnumerateDirectories(Path.GetTempPath(), ScratchPrefix + "*"))
            if (!Directory.Exists($"/proc/{Path.GetFileName(left)[ScratchPrefix.Length..].Split('-')[0]}"))
                try
                {
                    Directory.Delete(left, recursive: true);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Another's.
                }
        return Directory.CreateTempSubdirectory(FormattableString.Invariant($"{ScratchPrefix}{Environment.ProcessId}-")).FullName;
    }

    /// <summary>Waits to be told to stop; that is how it ends, and no failure.</summary>
    private static async Task WaitAsync(CancellationToken cancellation)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellation.Register(told.SetResult).ConfigureAwait(false))
            await told.Task.ConfigureAwait(false);
    }
}
