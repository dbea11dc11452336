using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MoEPlace.Cli;

/// <summary>
/// Points of a sweep as the jobs of a Slurm array: a script that is written, submitted with sbatch and, if asked, waited for.
/// </summary>
/// <param name="results">Where results stand; the script and what jobs say stand beside them.</param>
/// <param name="points">The points to run, rising.</param>
/// <param name="command">The command line that a job repeats, but for its point.</param>
/// <param name="options">Options of sbatch without their dashes.</param>
internal sealed class SlurmArray(
    SweepFolder results, ImmutableArray<int> points, ImmutableArray<string> command, ImmutableArray<string> options)
{
    /// <summary>The folder of what jobs say.</summary>
    internal const string LogFolder = "slurm";

    private const string Submit = "sbatch", Cancel = "scancel", ScriptName = "sweep.sbatch";

    /// <summary>Notes it when this machine cannot submit jobs.</summary>
    internal static void Check(InputFaults faults)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, Submit)));
        faults.Require(found, "--on", "slurm", $"a machine with {Submit} on its PATH (on Debian: slurm-client); or --on local");
    }

    /// <summary>The script: one job for each point.</summary>
    internal string Script()
    {
        var text = new StringBuilder("#!/bin/sh\n");
        text.Append("#SBATCH --job-name=moeplace-sweep\n");
        text.Append(CultureInfo.InvariantCulture, $"#SBATCH --array={Ranges(points)}\n");
        text.Append(CultureInfo.InvariantCulture, $"#SBATCH --output={Path.Combine(results.Root, LogFolder, "%a.out")}\n");
        foreach (var option in options)
            text.Append(CultureInfo.InvariantCulture, $"#SBATCH --{option}\n");
        text.Append("exec");
        foreach (var word in ThisProgram().Concat(command))
            text.Append(' ').Append(Quoted(word));
        return text.Append(" --point \"$SLURM_ARRAY_TASK_ID\"\n").ToString();
    }

    /// <summary>Writes the script, submits it, and waits for the jobs.</summary>
    /// <param name="terminal">Where the number of the job is told.</param>
    /// <param name="wait">Whether to wait.</param>
    /// <param name="cancellation">Cancels the jobs; what they have written stays.</param>
    /// <returns>True when the jobs have ended.</returns>
    /// <exception cref="IOException">They could not be submitted.</exception>
    internal async Task<bool> RunAsync(Terminal terminal, bool wait, CancellationToken cancellation)
    {
        var script = Path.Combine(results.Root, LogFolder, ScriptName);
        OutputFile.WriteText(script, Script());
        string[] arguments = wait ? ["--parsable", "--wait", script] : ["--parsable", script];
        using var submitted = Start(Submit, arguments);
        var said = submitted.StandardError.ReadToEndAsync(CancellationToken.None);
        var job = await submitted.StandardOutput.ReadLineAsync(CancellationToken.None).ConfigureAwait(false);
        var number = job?.Split(';')[0].Trim();
        if (string.IsNullOrEmpty(number))
        {
            await submitted.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw new IOException($"{Submit} ended with {submitted.ExitCode}: {(await said.ConfigureAwait(false)).Trim()}");
        }
        terminal.Error($"note: job {number}, {points.Length} points");
        try
        {
            // With --wait it ends with the jobs, by the highest of their exit codes; which points failed shows in the results.
            await submitted.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            using (var ended = Start(Cancel, [number]))
                await ended.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            if (!submitted.HasExited)
                submitted.Kill();
            throw;
        }
        return wait;
    }

    /// <summary>Rising numbers as Slurm writes them: <c>0-3,7</c>.</summary>
    internal static string Ranges(ImmutableArray<int> numbers)
    {
        var parts = new List<string>();
        for (int first = 0, end; first < numbers.Length; first = end)
        {
            end = first + 1;
            while (end < numbers.Length && numbers[end] == numbers[end - 1] + 1)
                end++;
            parts.Add(end - first == 1 ? $"{numbers[first]}" : $"{numbers[first]}-{numbers[end - 1]}");
        }
        return string.Join(',', parts);
    }

    /// <summary>This program as a shell starts it; a program that the runtime was given is started so again.</summary>
    private static IEnumerable<string> ThisProgram()
    {
        var program = Environment.ProcessPath ?? throw new IOException("the system does not tell which program this is");
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli.dll")]
            : [program];
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static Process Start(string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"{program}: {e.Message}");
        }
    }
}
