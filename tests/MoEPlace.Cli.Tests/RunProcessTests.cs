using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MoEPlace.Traces.Journals;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The verb <c>run</c> as processes; none is left behind.</summary>
public sealed class RunProcessTests(ByteModel model) : IClassFixture<ByteModel>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("mixtral", "home")]
    [InlineData("deepseek-v2-lite", "coherent")]
    public async Task Four_processes_give_the_logits_of_one_and_count_what_evaluate_counts(string layout, string residency)
    {
        var fixture = ByteModel.Fixture(layout);
        await File.WriteAllTextAsync(folder["ids.json"], RunCommandTests.OracleIds(fixture), TestContext.Current.CancellationToken);
        string[] line = ["run", fixture, "--ids", folder["ids.json"], "--prefill", "3", "--json"];
        var alone = CliRun.Of([.. line, "--logits", folder["alone"], "--record", folder["t"]]);
        Assert.True(alone.Code == 0, alone.ToString());
        CliRun.Done("place", folder["t"], "--cluster", "1x4", "--redundant", "2", "--iteration-limit", "1", "-o", folder["p"]);
        using var process = Start(
            [.. line, "--ranks", "4", "--placement", folder["p"], "--residency", residency, "--logits", folder["four"], "--record", folder["t4"]]);
        var (code, output, error) = await End(process);
        Assert.True(code == 0, $"{code}: {output}{error}");
        Assert.InRange(RunCommandTests.Difference(folder["alone"], folder["four"]), 0, 1e-5);
        var told = JsonDocument.Parse(output).RootElement;
        var judged = CliRun.Json("evaluate", folder["t4"], folder["p"], "--residency", residency);
        foreach (var kind in new[] { "dispatchBytes", "combineBytes", "contextBytes" })
            Assert.Equal(judged.GetProperty(kind).GetInt64(), told.GetProperty(kind).GetInt64());
        Assert.True(told.GetProperty("dispatchBytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Killing_the_launcher_ends_its_ranks_and_leaves_what_they_recorded()
    {
        using var process = await StartLongRun();
        var ranks = RanksOf(process);
        Assert.Equal(3, ranks.Length);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await AreGone(ranks);
        var recorded = JournalTrace.Write(folder["t.journal"], folder["left"]);
        Assert.True(recorded.Tokens > 0);
    }

    [Fact]
    public async Task A_rank_that_is_killed_is_named_and_ends_the_others()
    {
        using var process = await StartLongRun();
        var ranks = RanksOf(process);
        var victim = ranks.Single(rank => File.ReadAllText($"/proc/{rank}/environ").Split('\0').Contains("RANK=1"));
        using (var rank = Process.GetProcessById(victim))
            rank.Kill();
        var (code, output, error) = await End(process);
        Assert.True(code == 3, $"{code}: {output}{error}");
        Assert.Contains("failed: rank 1 was killed by signal 9 (KILL)\n", error, StringComparison.Ordinal);
        Assert.Empty(output);
        await AreGone(ranks);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_to_the_launcher_ends_all(string signal)
    {
        using var process = await StartLongRun();
        var ranks = RanksOf(process);
        using (var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var (code, output, error) = await End(process);
        Assert.True(code == 130, $"{code}: {output}{error}");
        Assert.EndsWith("interrupted\n", error, StringComparison.Ordinal);
        await AreGone(ranks);
    }

    [Fact]
    public async Task A_rank_that_never_joins_is_named()
    {
        using var process = Start(
            ["run", model.Checkpoint, "--prompt", "a", "--rendezvous-timeout", "0.5"],
            ("RANK", "0"), ("WORLD_SIZE", "3"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", FreePort()));
        var (code, output, error) = await End(process);
        Assert.True(code == 3, $"{code}: {output}{error}");
        Assert.EndsWith("failed: rank 1, 2 did not join within 0.5 s\n", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public async Task A_rank_that_waits_for_others_can_be_interrupted(string rank)
    {
        using var process = Start(
            ["run", model.Checkpoint, "--prompt", "a"],
            ("RANK", rank), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", FreePort()));
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var (code, output, error) = await End(process);
        Assert.True(code == 130, $"{code}: {output}{error}");
        Assert.Equal("interrupted\n", error);
    }

    [Fact]
    public async Task A_port_in_use_is_told_by_host_and_port()
    {
        using var taken = new TcpListener(IPAddress.Any, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        using var process = Start(["run", model.Checkpoint, "--prompt", "a", "--ranks", "2", "--port", port]);
        var (code, output, error) = await End(process);
        Assert.True(code == 2, $"{code}: {output}{error}");
        Assert.StartsWith($"rendezvous: --port = {port}; allowed: a port that is free", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_launcher_tells_must_fit()
    {
        using var process = Start(["run", model.Checkpoint, "--prompt", "a", "--ranks", "2"], ("RANK", "5"), ("WORLD_SIZE", "4"));
        var (code, output, error) = await End(process);
        Assert.True(code == 2, $"{code}: {output}{error}");
        Assert.Contains("environment: RANK = \"5\"", error, StringComparison.Ordinal);
        Assert.Contains("environment: MASTER_ADDR = missing", error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Three ranks that have recorded something and have much left to do.</summary>
    private async Task<Process> StartLongRun()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are found, and signals sent, as on Linux");
        var process = Start(["run", model.Checkpoint, "--prompt", "apples", "--new-tokens", "100000", "--ranks", "3", "--record", folder["t"]]);
        var journal = Path.Combine(folder["t.journal"], "rank-0.frames");
        for (var waited = Stopwatch.StartNew(); !File.Exists(journal) || new FileInfo(journal).Length < 1000;)
        {
            if (process.HasExited || waited.Elapsed > Patience)
            {
                process.Kill();
                Assert.Fail("the ranks do not run");
            }
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        return process;
    }

    private static int[] RanksOf(Process launcher) =>
    [
        .. Directory.EnumerateDirectories($"/proc/{launcher.Id}/task")
            .SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];

    private static async Task AreGone(int[] processes)
    {
        for (var waited = Stopwatch.StartNew(); processes.Any(IsThere);)
        {
            Assert.True(waited.Elapsed < Patience, $"left behind: {string.Join(", ", processes.Where(IsThere))}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        // One that has ended may wait as a zombie for a parent that reads its code.
        static bool IsThere(int process)
        {
            try
            {
                return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }

    private static Process Start(string[] arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output, string Error)> End(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, error);
    }
}
