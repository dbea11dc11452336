using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MoEPlace.Benchmarks.Services;

/// <summary>A placement service in a process of its own, its state in a folder.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli");
    private readonly Process process;

    private ServiceProcess(Process process, Uri address) => (this.process, Address) = (process, address);

    internal Uri Address { get; }

    /// <summary>Memory that it holds now, without its children, in bytes.</summary>
    internal long HeldBytes
    {
        get
        {
            const string key = "VmRSS:";
            var line = File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith(key, StringComparison.Ordinal));
            return 1024 * long.Parse(line.AsSpan(key.Length).Trim(" \tkB"), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Processor time that it has used, in seconds.</summary>
    internal double ProcessorSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Starts one.</summary>
    internal static ServiceProcess Start(string folder)
    {
        var start = new ProcessStartInfo(Program, ["serve", "--listen", "http://127.0.0.1:0", "--state", $"sqlite:{Path.Combine(folder, "state.db")}", "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text && text.Contains("\"level\":\"error\"", StringComparison.Ordinal))
                Console.Error.WriteLine(text);
        };
        process.BeginErrorReadLine();
        var told = "";
        while (!told.Contains('}', StringComparison.Ordinal))
            told += process.StandardOutput.ReadLine() ?? throw new IOException("the service does not start");
        return new ServiceProcess(process, new Uri(JsonDocument.Parse(told).RootElement.GetProperty("address").GetString()!));
    }

    /// <summary>Runs another verb to its end.</summary>
    internal static void Run(params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true })!;
        run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        if (run.ExitCode != 0)
            throw new IOException($"{string.Join(' ', arguments)} ends with {run.ExitCode}");
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }
}
