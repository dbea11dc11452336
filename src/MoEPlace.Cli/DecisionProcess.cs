using System.Diagnostics;
using System.Text;
using System.Text.Json;
using MoEPlace.Executor.Ranks;
using MoEPlace.Service.Decisions;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>
/// Makes a decision in a process of its own, at the lowest priority: <c>decide --worker TRACE</c> of this program, which is told the input in a line on
/// standard input and writes the decision to standard output. It ends with whoever started it, since the other end of its input is then closed.
/// </summary>
internal static class DecisionProcess
{
    private const int MostMessage = 2_000;
    private const string Nice = "/usr/bin/nice";

    /// <summary>The worker of a service that this program runs.</summary>
    internal static DecisionWorker OfThisProgram()
    {
        var self = RankLaunchOptions.OfThisProgram(1, []);
        return (input, trace, cancellation) => DecideAsync([self.Program, .. self.Arguments], input, trace, cancellation);
    }

    /// <summary>Has a program decide.</summary>
    /// <param name="program">The program, and what it is told before the verb.</param>
    /// <param name="input">What the decision depends on.</param>
    /// <param name="trace">The file of the window's trace.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="IOException">It failed; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was given up; no process is left.</exception>
    internal static async Task<Decision> DecideAsync(string[] program, DecisionInput input, string trace, CancellationToken cancellation)
    {
        string[] line = [.. File.Exists(Nice) ? [Nice, "-n", "19"] : Array.Empty<string>(), .. program, "decide", "--worker", trace];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        start.Environment.Remove(LauncherPipe.Variable);
        using var process = Start(start);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var error = process.StandardError.ReadToEndAsync(cancellation);
            await TellAsync(process, JsonSerializer.Serialize(input, StrictJson.OneLine), cancellation).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            if (process.ExitCode != 0)
                throw new IOException(Why(process.ExitCode, await error.ConfigureAwait(false)));
            return StrictJson.Parse<Decision>(await output.ConfigureAwait(false), "decision", "");
        }
        catch (InputException e)
        {
            throw new IOException($"the process that decides wrote no decision: {e.Faults[0]}");
        }
        finally
        {
            await EndAsync(process).ConfigureAwait(false);
        }
    }

    /// <summary>The other end: decides what standard input holds.</summary>
    /// <param name="trace">The file of the window's trace.</param>
    /// <param name="standardInput">A line, then nothing until whoever started this is gone.</param>
    /// <param name="gone">What to do then.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="InputException">Input or trace is not valid; every fault is told.</exception>
    internal static Decision Work(string trace, TextReader standardInput, Action gone, CancellationToken cancellation)
    {
        var input = StrictJson.Parse<DecisionInput>(standardInput.ReadLine() ?? "", "standard input", "");
        var watch = new Thread(() =>
        {
            while (standardInput.Read() >= 0)
            {
            }
            gone();
        })
        {
            IsBackground = true,
            Name = "launcher",
        };
        watch.Start();
        using var window = RoutingTrace.Open(trace);
        return Decider.Decide(input, window, cancellation);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"no process could be started to decide: {e.Message}");
        }
    }

    /// <summary>Writes the input; that it ended before it had read it is told by how it ended.</summary>
    private static async Task TellAsync(Process process, string input, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(input.AsMemory(), cancellation).ConfigureAwait(false);
            await process.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
        }
    }

    private static async Task EndAsync(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private static string Why(int code, string error)
    {
        var said = error.Trim();
        return $"the process that decides ended with code {code}{(said.Length == 0 ? "" : ": " + said[..Math.Min(said.Length, MostMessage)])}";
    }
}
