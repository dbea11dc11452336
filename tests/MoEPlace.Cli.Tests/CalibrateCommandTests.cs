using System.Diagnostics;
using System.Text.RegularExpressions;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The verb <c>calibrate</c>.</summary>
public sealed class CalibrateCommandTests(ByteModel model) : IClassFixture<ByteModel>, IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public void Threads_are_measured_and_the_cluster_can_be_read()
    {
        var told = CliRun.Json(
            "calibrate", model.Checkpoint, "--virtual-ranks", "4", "--tokens", "1", "4", "--contexts", "8", "16", "--seconds", "0.01",
            "-o", folder["here.json"], "--measurements", folder["m.json"]);
        var cluster = Cluster.Read(folder["here.json"]);
        Assert.Equal(("here", 1, 4, "model"), (cluster.Name, cluster.Nodes, cluster.RanksPerNode, cluster.Calibration!.Model));
        Assert.Equal("here", told.GetProperty("name").GetString());
        var measured = StrictJson.Read<CalibrationMeasurements>(folder["m.json"], CalibrationMeasurements.FormatName);
        Assert.Equal([(1, 8), (1, 16), (4, 8), (4, 16)], measured.Attention.Select(one => (one.Tokens, one.ContextTokens)));
        Assert.EndsWith("libtorch " + Torch.torch.Version, measured.Machine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_are_measured_and_every_measurement_is_shown_beside_its_fit()
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"),
            [
                "calibrate", model.Checkpoint, "--ranks", "2", "--tokens", "2", "--contexts", "8", "--seconds", "0.01", "-o", folder["two.json"],
                "--measurements", folder["m.json"],
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await output + await error);
        Assert.Equal(2, Cluster.Read(folder["two.json"]).RanksPerNode);
        var measured = StrictJson.Read<CalibrationMeasurements>(folder["m.json"]);
        var lines = (await output).Split('\n').Count(line => Regex.IsMatch(line, "[0-9] [um]?s .* %"));
        Assert.Equal(measured.Attention.Length + measured.Experts.Length + measured.Step.Length + measured.Exchanges.Length, lines);
    }

    [Fact]
    public void Bad_input_is_told_at_once_and_nothing_is_written()
    {
        CliRun.Of(
            "calibrate", model.Checkpoint, "--virtual-ranks", "9", "--tokens", "0", "4", "4", "--contexts", "200000", "--seconds", "0",
            "--type", "float16", "--device", "cpu", "-o", Path.Combine(model.Checkpoint, "config.json"), "--measurements", folder.Path).Refused(
            "--ranks = 9", "at most 8", "--tokens = 0", "\"0 4 4\"", "--contexts = 200000", "--seconds = 0", "--type = \"float16\"",
            "another file than the one that is read",
            "not of a folder");
        CliRun.Of("calibrate", model["empty"], "-o", folder["c.json"]).Refused("config.json");
        CliRun.Of("calibrate").Refused("checkpoint = missing", "--output = missing");
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}
