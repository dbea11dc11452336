using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Training;
using MoEPlace.Placement;
using MoEPlace.Placement.Solvers;
using MoEPlace.Simulation;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Scenarios;
using MoEPlace.Torch;

namespace MoEPlace.Cli;

/// <summary>The command. Exit codes: 0 done, 1 no placement can hold what was asked for (simulate: not as expected; apply: given up or refused by the job), 2 bad input, 3 a failure while running, 130 interrupted.</summary>
internal static partial class Program
{
    /// <summary>Exit code: asked to stop; the best so far is written.</summary>
    internal const int Interrupted = 130;

    /// <summary>What a verb returns that runs until it is told to stop: then it has done all that was asked, and exits with 0.</summary>
    internal const int Stopped = -1;

    private const int NoSolution = 1;
    private const int BadInput = 2;
    private const int FailedRunning = 3;

    // Never disposed: a signal may come in the last moment of the process.
    private static readonly CancellationTokenSource Interrupt = new();

    public static async Task<int> Main(string[] args)
    {
        // A rank that a launcher started ends with it, also inside a collective that waits for others.
        var held = LauncherPipe.IsHeld;
        if (held)
            LauncherPipe.Watch(() => ExitAtOnce(FailedRunning));
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await RunAsync(args, Console.Out, Console.Error, Interrupt.Token).ConfigureAwait(false);

        void Stop(PosixSignalContext signal)
        {
            // The first asks for what was reached so far; the second ends the process as usual.
            signal.Cancel = !Interrupt.IsCancellationRequested;
            // A terminal interrupts ranks and launcher alike; what becomes of the ranks is the launcher's to say.
            if (!held || signal.Signal != PosixSignal.SIGINT)
                Interrupt.Cancel();
        }
    }

    /// <summary>Runs one command line.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Progress and diagnostics.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="step">What simulates steps; null for the simulator.</param>
    internal static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, CancellationToken cancellation, StepRunner? step = null)
    {
        var terminal = new Terminal(output, error);
        try
        {
            var parsed = Root(terminal, step).Parse(args);
            var faults = CommandLineFaults.Of(parsed);
            if (!faults.IsEmpty)
            {
                Tell(faults, terminal);
                terminal.Error($"See `{CommandLineFaults.PathOf(parsed.CommandResult)} --help`.");
                return BadInput;
            }
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            var code = await parsed.InvokeAsync(configuration, cancellation).ConfigureAwait(false);
            return code == Stopped ? 0 : code == 0 && cancellation.IsCancellationRequested ? Interrupted : code;
        }
        catch (OperationCanceledException)
        {
            terminal.Error("interrupted");
            return Interrupted;
        }
        catch (Exception e)
        {
            return Failed(e is AggregateException many ? many.Flatten().InnerExceptions[0] : e, terminal);
        }
    }

    private static int Failed(Exception cause, Terminal terminal)
    {
        if (cause is InputException bad)
        {
            Tell(bad.Faults, terminal);
            return BadInput;
        }
        if (cause is InfeasibleException none)
        {
            foreach (var conflict in none.Conflicts)
                terminal.Error("no placement: " + conflict);
            return NoSolution;
        }
        // What can go wrong on a sound program is told in a line; anything else is a fault of ours, and where it is helps to mend it.
        var expected = cause is IOException or UnauthorizedAccessException or OutOfMemoryException or IntegerSolverException
            or RankLossException or DivergenceException or StoppedModelException;
        terminal.Error($"failed: {(expected ? cause.Message : cause is TorchException torn ? Plain(torn) : cause.ToString())}");
        return cause is RankLossException { OfAnother: true } && LauncherPipe.IsHeld ? RankLauncher.FollowedExitCode : FailedRunning;
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitAtOnce(int code);

    /// <summary>What libtorch says, without the stack that it tells after the first line.</summary>
    internal static string Plain(TorchException failure)
    {
        var asked = Regex.Match(failure.Message, @"tried to allocate ([0-9.]+ (?:[KMGT]i?B|bytes))");
        return asked.Success || failure.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            ? $"out of memory{(asked.Success ? $" when {asked.Groups[1].Value} more were asked for" : "")}; try a smaller batch, shorter sequences or more ranks"
            : failure.Message.Split('\n')[0];
    }

    private static void Tell(IEnumerable<InputFault> faults, Terminal terminal)
    {
        foreach (var fault in faults)
            terminal.Error(fault.ToString());
    }

    /// <summary>All verbs.</summary>
    internal static Command Root(Terminal terminal, StepRunner? step = null)
    {
        // Not a RootCommand, which would go by the name of its file.
        var root = new Command(
            "moeplace",
            "Decides on which GPU each expert of a Mixture-of-Experts model lives: from recorded routing to a placement, judged and drawn.")
        {
            new HelpOption(),
            new VersionOption(),
            DemoCommand.Create(terminal),
            TraceCommand.Create(terminal),
            PlaceCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            PlacementCommand.Create(terminal),
            SimulateCommand.Create(terminal, step ?? StepSimulation.Run),
            SweepCommand.Create(terminal, step ?? StepSimulation.Run),
            ReportCommand.Create(terminal),
            RunCommand.Create(terminal),
            CalibrateCommand.Create(terminal),
            ApplyCommand.Create(terminal),
            WebhookCommand.Create(terminal),
            RealityCommand.Create(terminal),
            TrainCommand.Create(terminal),
            DecideCommand.Create(terminal, () => ExitAtOnce(FailedRunning)),
            ServeCommand.Create(terminal),
            JobsCommand.Create(terminal),
            PlanCommand.Create(terminal),
            RollbackCommand.Create(terminal),
            WatchCommand.Create(terminal),
            SchemaCommand.Create(terminal),
        };
        return root;
    }
}
