using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>Ranks on nodes that are network namespaces. Skipped, with the reason, where the kernel makes none.</summary>
public sealed class EmulatedRunTests(ByteModel model) : IClassFixture<ByteModel>, IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task Bytes_over_the_link_are_those_that_evaluate_counts()
    {
        SkipWithoutNodes();
        string[] line = ["run", model.Checkpoint, "--text", model["apples.txt"], model["pears.txt"], "--sequences", "16", "--length", "24"];
        var alone = CliRun.Of([.. line, "--record", folder["t"]]);
        Assert.True(alone.Code == 0, alone.ToString());
        CliRun.Done("place", folder["t"], "--cluster", "2x2", "--redundant", "4", "--iteration-limit", "1", "-o", folder["p"]);
        var (process, code, output, error) = await Launch(
            [.. line, "--ranks", "4", "--emulate-nodes", "2", "--link-rate", "1000", "--placement", folder["p"], "--record", folder["t4"], "--json"]);
        Assert.True(code == 0, $"{code}: {output}{error}");
        var sent = JsonDocument.Parse(output).RootElement.GetProperty("interNodeBytes").GetInt64();
        Assert.Equal(CliRun.Json("evaluate", folder["t4"], folder["p"]).GetProperty("interNodeBytes").GetInt64(), sent);
        Assert.True(sent > 0);
        var own = string.Create(CultureInfo.InvariantCulture, $"mp{process}e");
        Assert.DoesNotContain(
            new[] { "/sys/class/net", "/run/netns" }.Where(Directory.Exists).SelectMany(Directory.EnumerateFileSystemEntries),
            path => Path.GetFileName(path).StartsWith(own, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reality_holds_simulated_steps_beside_measured_ones_and_bytes_are_those_of_evaluate()
    {
        SkipWithoutNodes();
        var (_, code, output, error) = await Launch(
            "reality", model.Checkpoint, "--text", model["apples.txt"], model["pears.txt"], "--link-rates", "1000", "--batches", "8", "--steps", "10",
            "-o", folder["r"]);
        Assert.True(code == 0, $"{code}: {output}{error}");
        var result = RealityResult.Read(Path.Combine(folder["r"], "result.json"));
        Assert.Equal(["contiguous", "affinity"], result.Settings.Select(setting => setting.Placement));
        Assert.All(result.Settings, setting =>
        {
            Assert.Equal(setting.EvaluatedLinkBytes, setting.MeasuredLinkBytes);
            Assert.True(setting.AdapterBytes > setting.MeasuredLinkBytes);
            Assert.Equal(10, setting.Steps);
            Assert.Equal(["attention", "dispatch", "experts", "combine", "step"], setting.Phases.Select(phase => phase.Phase));
        });
        var migration = result.Migration!;
        Assert.Equal(migration.Experts / 4, migration.ExpertsMoved);
        Assert.Contains(true, migration.Moving);
        Assert.True(migration.Moving.Count(moving => !moving) >= 200);
        Assert.True(migration.Epoch[^1] > 0);
        Assert.True(File.Exists(Path.Combine(folder["r"], "index.html")));
    }

    [Theory]
    [InlineData("--emulate-nodes = 3; allowed: a divisor of --ranks", "--ranks", "4", "--emulate-nodes", "3")]
    [InlineData("--emulate-nodes = 2; allowed: a divisor of --ranks", "--emulate-nodes", "2")]
    [InlineData("--emulate-nodes = 17; allowed: 1 to 16", "--ranks", "17", "--emulate-nodes", "17")]
    [InlineData("--link-rate = 5; allowed: only with --emulate-nodes", "--ranks", "4", "--link-rate", "5")]
    [InlineData("--link-rate = 0.5; allowed: 1 to 100,000 Mbit/s", "--ranks", "4", "--emulate-nodes", "2", "--link-rate", "0.5")]
    public void Nodes_that_cannot_be_are_refused(string told, params string[] options) =>
        CliRun.Of(["run", model.Checkpoint, "--prompt", "a", .. options]).Refused($"run: {told}");

    [Fact]
    public void Everything_that_is_wrong_with_a_reality_is_told_at_once() =>
        CliRun.Of(
                "reality", model.Checkpoint, "--text", model["apples.txt"], "--link-rates", "0", "--batches", "8", "8", "--steps", "9", "-o", folder["r"])
            .Refused("reality: --link-rates = \"0\"", "reality: --batches = \"8 8\"", "reality: --steps = 9");

    [Fact]
    public void A_text_that_is_missing_or_too_short_is_told_before_anything_is_made()
    {
        string[] line = ["reality", model.Checkpoint, "-o", folder["none"], "--link-rates", "100"];
        CliRun.Of([.. line, "--text", folder["nope"], "--steps", "9"]).Refused("corpus: text = ", "reality: --steps = 9");
        CliRun.Of([.. line, "--text", model["apples.txt"], "--batches", "16", "128"])
            .Refused("held out\"; allowed: at least 128");
        CliRun.Of([.. line, "--text", model["apples.txt"], "--batches", "16", "32"])
            .Refused("held out\"; allowed: at least 48");
        Assert.False(Directory.Exists(folder["none"]));
    }

    public void Dispose() => folder.Dispose();

    private static void SkipWithoutNodes() => Assert.SkipWhen(EmulatedNodes.WhyNot() is not null, $"no emulated nodes: {EmulatedNodes.WhyNot()}");

    private static async Task<(int Process, int Code, string Output, string Error)> Launch(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.Id, process.ExitCode, await output, error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
