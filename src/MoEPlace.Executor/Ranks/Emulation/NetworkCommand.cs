using System.ComponentModel;
using System.Diagnostics;

namespace MoEPlace.Executor.Ranks.Emulation;

/// <summary>The commands of iproute2, which make networks of the kernel.</summary>
internal static class NetworkCommand
{
    /// <summary>Runs one.</summary>
    /// <param name="words">Program and arguments, separated by single blanks.</param>
    /// <exception cref="IOException">It failed, or there is no such program.</exception>
    internal static void Run(string words)
    {
        if (Try(words) is { } fault)
            throw new IOException(fault);
    }

    /// <summary>Runs one; tells why it failed, or null.</summary>
    internal static string? Try(string words)
    {
        var line = words.Split(' ');
        try
        {
            using var process = Process.Start(new ProcessStartInfo(line[0], line[1..])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.StandardInput.Close();
            _ = process.StandardOutput.ReadToEndAsync();
            var told = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{words}: {told.Trim().Split('\n')[0]}";
        }
        catch (Win32Exception e)
        {
            return $"{words}: {e.Message}";
        }
    }
}
