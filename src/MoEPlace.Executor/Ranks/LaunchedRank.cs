using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MoEPlace.Executor.Ranks;

/// <summary>A rank that this process started and holds by its standard input.</summary>
internal sealed partial class LaunchedRank : IDisposable
{
    private const int FirstSignal = 128;
    private const int Interrupted = 130;
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(2);
    private readonly Process process;
    private readonly Task output;
    private readonly Task errors;
    private volatile bool silent;

    private LaunchedRank(int rank, Process process, Action<string> onOutput, Action<string> onError)
    {
        Rank = rank;
        this.process = process;
        output = Pass(process.StandardOutput, onOutput);
        errors = Pass(process.StandardError, onError);
        Ended = process.WaitForExitAsync();
    }

    /// <summary>Its number.</summary>
    internal int Rank { get; }

    /// <summary>Completes when the process has ended and what it wrote is passed on.</summary>
    internal Task Ended { get; }

    /// <summary>Its exit code once it has ended; 128 and the signal where one killed it.</summary>
    internal int ExitCode => process.ExitCode;

    /// <summary>True when a signal killed it; one that it takes as a wish to end is none.</summary>
    internal bool WasKilled => ExitCode > FirstSignal && ExitCode != Interrupted;

    /// <summary>How it ended, in words.</summary>
    internal string Fate => WasKilled
        ? string.Create(CultureInfo.InvariantCulture, $"rank {Rank} was killed by signal {ExitCode - FirstSignal}{Named(ExitCode - FirstSignal)}")
        : ExitCode == Interrupted ? string.Create(CultureInfo.InvariantCulture, $"rank {Rank} was interrupted")
        : string.Create(CultureInfo.InvariantCulture, $"rank {Rank} ended with exit code {ExitCode}");

    /// <summary>Starts a rank.</summary>
    /// <param name="options">The program.</param>
    /// <param name="environment">Who it is.</param>
    /// <param name="onOutput">Takes each line that it writes to standard output.</param>
    /// <param name="onError">Takes each line that it writes to standard error.</param>
    internal static LaunchedRank Start(RankLaunchOptions options, RankEnvironment environment, Action<string> onOutput, Action<string> onError)
    {
        var seat = options.SeatOf(environment.Rank);
        string[] line = [.. seat.Before, options.Program, .. options.Arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment.ToVariables())
            start.Environment[name] = value;
        start.Environment[LauncherPipe.Variable] = "1";
        var threads = Math.Max(1, seat.Cores / seat.LocalSize).ToString(CultureInfo.InvariantCulture);
        // Read once, when the libraries are loaded; torch.set_num_threads does not reach OpenBLAS.
        foreach (var name in new[] { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS" })
            start.Environment.TryAdd(name, threads);
        if (options.Steady)
            start.Environment["DOTNET_TieredCompilation"] = "0";
        return new LaunchedRank(environment.Rank, Process.Start(start)!, onOutput, onError);
    }

    /// <summary>Asks it to put away what it reached and end, by SIGTERM.</summary>
    internal void Ask()
    {
        const int terminate = 15;
        if (!process.HasExited)
            _ = kill(process.Id, terminate);
    }

    /// <summary>Makes it end, by closing its standard input; it is not listened to any more.</summary>
    internal void Release()
    {
        silent = true;
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }
    }

    /// <summary>Kills it if it still runs.</summary>
    internal void Kill()
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
    }

    /// <summary>Waits until all that it wrote is passed on.</summary>
    internal void Drain() => Task.WaitAll([output, errors], LastLines);

    /// <inheritdoc/>
    public void Dispose() => process.Dispose();

    /// <summary>On a thread of its own: reading from a pipe holds one anyway, and the pool has few.</summary>
    private Task Pass(StreamReader from, Action<string> to) => Task.Factory.StartNew(
        () =>
        {
            while (from.ReadLine() is { } line)
                if (!silent)
                    to(line);
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    private static string Named(int signal) => signal switch
    {
        2 => " (INT)",
        6 => " (ABRT)",
        9 => " (KILL)",
        11 => " (SEGV)",
        15 => " (TERM)",
        _ => "",
    };
}
