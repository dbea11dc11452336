using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The program as a process of its own.</summary>
public sealed class SignalTests(Samples samples)
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_search_with_its_best_so_far(string signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent, and their handlers seen, as on Linux");
        using var folder = new TempFolder();
        using var process = Start(
            "place", samples.Trace, "--cluster", "1x4", "--objective", "step", "--time-limit", "100", "-o", folder["p"]);
        while (!process.HasExited && !Searches(process))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 130, $"{process.ExitCode}: {await output}{error}");
        Assert.Contains("interrupted", await output, StringComparison.Ordinal);
        Assert.Equal(4, ExpertPlacementFile.Read(folder["p"]).Ranks);
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_a_failure_and_no_crash()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a pipe of the shell");
        var start = new ProcessStartInfo("bash", ["-c", "{ sleep 0.2; \"$0\" schema result; echo $? >&2; } | true", Program()])
        {
            RedirectStandardError = true,
        };
        using var shell = Process.Start(start)!;
        var error = await shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Matches("^failed: .*pipe.*\n3\n$|^0\n$", error);
    }

    private static string Program() => Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli");

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo(Program(), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Whether the search runs: its workers are threads of their own, and the runtime names those.</summary>
    private static bool Searches(Process process)
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{process.Id}/task")
                .Any(thread => File.ReadAllText($"{thread}/comm").StartsWith(".NET Long", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // A thread, or the process, has just ended.
            return false;
        }
    }
}
