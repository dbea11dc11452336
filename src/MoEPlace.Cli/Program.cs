using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;

namespace MoEPlace.Cli;

/// <summary>The command. Exit codes: 0 done, 1 no solution, 2 bad input, 3 a failure while running, 130 interrupted.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        using var interrupt = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await RunAsync(args, Console.Out, Console.Error, interrupt.Token).ConfigureAwait(false);

        void Stop(PosixSignalContext signal)
        {
            // The first asks for what was reached so far; the second ends the process as usual.
            signal.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        }
    }

    /// <summary>Runs one command line.</summary>
    internal static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var terminal = new Terminal(output, error);
        try
        {
            var parsed = Root(terminal).Parse(args);
            if (parsed.Errors.Count > 0)
            {
                foreach (var fault in parsed.Errors)
                    terminal.Error(fault.Message);
                terminal.Error($"See `moeplace {string.Join(' ', parsed.CommandResult.Command.Name == "moeplace" ? "" : parsed.CommandResult.Command.Name)} --help`.".Replace("  ", " ", StringComparison.Ordinal));
                return 2;
            }
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            var code = await parsed.InvokeAsync(configuration, cancellation).ConfigureAwait(false);
            return code == 0 && cancellation.IsCancellationRequested ? 130 : code;
        }
        catch (InputException e)
        {
            foreach (var fault in e.Faults)
                terminal.Error(fault.ToString());
            return 2;
        }
        catch (OperationCanceledException)
        {
            terminal.Error("interrupted");
            return 130;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or OutOfMemoryException)
        {
            terminal.Error($"failed: {e.Message}");
            return 3;
        }
    }

    private static Command Root(Terminal terminal)
    {
        // Not a RootCommand, which would go by the name of its file.
        var root = new Command("moeplace", "Decides on which GPU each expert of a Mixture-of-Experts model lives: from recorded routing to a placement, judged and drawn.")
        {
            new HelpOption(),
            new VersionOption(),
            DemoCommand.Create(terminal),
            TraceCommand.Create(terminal),
            PlaceCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            PlacementCommand.Create(terminal),
            ReportCommand.Create(terminal),
            SchemaCommand.Create(terminal),
        };
        return root;
    }
}
