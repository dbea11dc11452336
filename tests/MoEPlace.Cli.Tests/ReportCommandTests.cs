using System.Collections.Immutable;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Cli.Tests;

public sealed class ReportCommandTests
{
    [Fact]
    public void Results_of_simulations_are_drawn_and_a_mixture_is_refused_by_the_names_of_the_files()
    {
        using var folder = new TempFolder();
        Simulated().Write(folder["simulated.json"]);
        File.WriteAllText(folder["placed.json"], $"{{\"format\": \"{ResultFile.FormatName}\"}}");
        var run = CliRun.Done("report", folder["simulated.json"], "-o", folder["report"]);
        Assert.Equal(Path.Combine(folder["report"], "index.html"), run.Output.Trim());
        Assert.Contains("two nodes or one", File.ReadAllText(run.Output.Trim()), StringComparison.Ordinal);

        var mixture = CliRun.Of("report", folder["simulated.json"], folder["placed.json"], "-o", folder["mixture"]);
        Assert.Equal(2, mixture.Code);
        Assert.Contains(folder["simulated.json"], mixture.Error, StringComparison.Ordinal);
        Assert.Contains(folder["placed.json"], mixture.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["mixture"]));

        // A file that says nothing is told by what reads it.
        File.WriteAllText(folder["broken.json"], "{");
        Assert.Equal(2, CliRun.Of("report", folder["simulated.json"], folder["broken.json"], folder["missing.json"], "-o", folder["broken"]).Code);
    }

    [Fact]
    public void A_result_of_reality_is_drawn_alone()
    {
        using var folder = new TempFolder();
        new RealityResult(
            RealityResult.FormatName, "a machine", "tiny", 1, 2, null, "a text",
            [
                new RealityLink(
                    "loopback", null, 1e9, ClusterPresets.Parse("cpu-loopback:1x2"),
                    new CalibrationMeasurements(CalibrationMeasurements.FormatName, "a machine", "tiny", "float32", 1, 2, 2, [], [], [], [])),
            ],
            [
                new RealitySetting(
                    "loopback", "contiguous", 16, 50, 0.01, 0.009, 0.012, 0.0104, 0, 0, null, [new RealityPhase("experts", 0.01, 0.0104)]),
            ],
            null).Write(folder["reality.json"]);
        var run = CliRun.Done("report", folder["reality.json"], "-o", folder["report"]);
        Assert.Contains("off by 4.0\u00A0% in the only setting", File.ReadAllText(run.Output.Trim()), StringComparison.Ordinal);
        Simulated().Write(folder["simulated.json"]);
        var mixture = CliRun.Of("report", folder["simulated.json"], folder["reality.json"], "-o", folder["mixture"]);
        Assert.Equal(2, mixture.Code);
        Assert.Contains("one of reality", mixture.Error, StringComparison.Ordinal);
    }

    private static SimulationResult Simulated() => new(
        SimulationResult.FormatName, "small", "two nodes or one", "?", "model", "synthetic", "drawn", "decode", 1,
        [
            new SimulatedVariant(
                "one", "", "h100-8", 1, 4, "contiguous", "one after another", 1, 128,
                ImmutableSortedDictionary<string, double>.Empty.Add(SimulationMeasure.StepSeconds, 0.01),
                [new PhaseTime("experts", 0.01, 0.01, 0.01)], [], [], null, 10),
        ],
        [], [], []);
}
