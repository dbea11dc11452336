using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MoEPlace.Benchmarks;

/// <summary>What a figure was measured on.</summary>
internal static class Machine
{
    private const int BandwidthBytes = 1 << 30;

    /// <summary>Processor, cores, runtime, commit: one line.</summary>
    internal static string Describe() =>
        $"{ProcessorName()}, {Environment.ProcessorCount} cores, vectors of {VectorBits} bits, "
        + $"{RuntimeInformation.FrameworkDescription}, commit {Commit()}";

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector<byte>.Count * 8;

    /// <summary>Bytes per second that all cores together read from a buffer of 1 GiB, the best of <paramref name="repeats"/>.</summary>
    internal static double ReadBytesPerSecond(int repeats)
    {
        var cores = Environment.ProcessorCount;
        var parts = new long[cores][];
        Parallel.For(0, cores, i =>
        {
            parts[i] = new long[BandwidthBytes / sizeof(long) / cores];
            Array.Fill(parts[i], 1);
        });
        var sum = 0L;
        var timing = Timing.Of(repeats, () => Parallel.For(0, cores, i => Interlocked.Add(ref sum, Sum(parts[i]))));
        if (sum % parts[0].Length != 0)
            throw new InvalidOperationException("The sum over ones is wrong.");
        return (double)parts[0].Length * cores * sizeof(long) / timing.Least;
    }

    /// <summary>The most memory that this process has had.</summary>
    internal static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>Runs a program and returns its standard output, or null where it cannot be started or fails.</summary>
    internal static string? Output(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 && errors.Result is not null ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static long Sum(long[] values)
    {
        Vector<long> a = default, b = default, c = default, d = default;
        var step = Vector<long>.Count;
        for (var i = 0; i <= values.Length - 4 * step; i += 4 * step)
        {
            a += new Vector<long>(values, i);
            b += new Vector<long>(values, i + step);
            c += new Vector<long>(values, i + 2 * step);
            d += new Vector<long>(values, i + 3 * step);
        }
        return Vector.Sum(a + b + c + d);
    }

    private static string ProcessorName()
    {
        const string key = "model name";
        const string file = "/proc/cpuinfo";
        var lines = File.Exists(file) ? File.ReadLines(file) : [];
        var line = lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Commit()
    {
        var commit = Output("git", "rev-parse", "--short", "HEAD")?.Trim() ?? "unknown";
        return string.IsNullOrWhiteSpace(Output("git", "status", "--porcelain", "--untracked-files=no")) ? commit : commit + " (changed)";
    }
}
