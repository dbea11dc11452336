using System.Diagnostics;
using System.Globalization;

namespace MoEPlace.Benchmarks.Peers;

/// <summary>A program that was run, and what it took.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Error">What it wrote to standard error.</param>
/// <param name="Seconds">Wall clock from start to end.</param>
/// <param name="PeakBytes">
/// The most memory that it and the programs that it started held: at each look, the peaks (VmHWM) of those that run then, added; the
/// largest such sum. Null where the system does not tell.
/// </param>
internal sealed record MeasuredProcess(int Code, string Error, double Seconds, long? PeakBytes)
{
    private const int MillisecondsBetweenLooks = 20;

    /// <summary>Runs a program to its end; nothing of it is shown.</summary>
    internal static MeasuredProcess Run(string program, IEnumerable<string> arguments)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(MillisecondsBetweenLooks))
            peak = Math.Max(peak, PeakOfTree(process.Id));
        var seconds = watch.Elapsed.TotalSeconds;
        process.WaitForExit();
        _ = output.GetAwaiter().GetResult();
        return new MeasuredProcess(process.ExitCode, errors.GetAwaiter().GetResult(), seconds, peak == 0 ? null : peak);
    }

    private static long PeakOfTree(int id)
    {
        var sum = 0L;
        var left = new Stack<int>([id]);
        while (left.TryPop(out var next))
        {
            try
            {
                sum += PeakOf(next);
                foreach (var thread in Directory.EnumerateDirectories($"/proc/{next}/task"))
                    foreach (var child in File.ReadAllText(Path.Combine(thread, "children"))
                        .Split(' ', StringSplitOptions.RemoveEmptyEntries))
                        left.Push(int.Parse(child, CultureInfo.InvariantCulture));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A thread, or the process, has just ended; or this system has no such files.
            }
        }
        return sum;
    }

    private static long PeakOf(int id)
    {
        const string key = "VmHWM:";
        var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is null ? 0 : 1024 * long.Parse(line.AsSpan(key.Length).Trim(" \tkB"), CultureInfo.InvariantCulture);
    }
}
