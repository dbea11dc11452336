using System.Text.Json;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>place --validate</c>.</summary>
public sealed class ValidateTests(Samples samples)
{
    [Fact]
    public void Programs_and_the_report_are_told_the_same_validation()
    {
        using var folder = new TempFolder();
        var told = CliRun.Json(
            "place", samples.Trace, "--cluster", "1x4", "--objective", "crossing", "--iteration-limit", "1", "--validate", "-o",
            folder["p.json"], "--result", folder["r.json"]).GetProperty("validation");
        var written = ResultFile.Read(folder["r.json"]).Validation!;
        Assert.Equal(JsonSerializer.Serialize(written, StrictJson.OneLine), JsonSerializer.Serialize(told, StrictJson.OneLine));
        Assert.Equal(("affinity", "gpuCrossingFraction"), (written.Policy, written.Measure));
        Assert.Equal((5, 2), (written.Folds!.Cases.Length, written.Domains.Length));
        Assert.Equal(["synthetic 0", "synthetic 1"], written.Domains.Select(d => d.Name));
        Assert.Null(written.SecondsPerSolve);
        Assert.Equal(["p.json", "r.json"], folder.Files());
    }

    [Theory]
    [InlineData("copies", "rank copies per token and layer")]
    [InlineData("step", "the modelled step")]
    public void The_measure_is_that_of_the_objective(string objective, string measure)
    {
        using var folder = new TempFolder();
        var run = CliRun.Done(
            "place", samples.Trace, "--cluster", "1x4", "--objective", objective, "--time-limit", "2", "--validate", "-o",
            folder["p.json"]);
        string[] words = [measure, "of search for each", "fold 5 of 5", "synthetic 1", "window of test", "tokens that a placement needs"];
        foreach (var word in words)
            Assert.Contains(word, run.Output, StringComparison.Ordinal);
        Assert.Contains("left out: phases: the trace does not tell prefill from decode", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_that_is_blind_to_traffic_is_compared_by_its_imbalance()
    {
        using var folder = new TempFolder();
        var told = CliRun.Json(
            "place", samples.Trace, "--cluster", "1x4", "--policy", "eplb", "--redundant", "4", "--split", "train", "--validate", "-o",
            folder["p.json"]);
        Assert.Equal("imbalanceMean", told.GetProperty("validation").GetProperty("measure").GetString());
    }

    [Fact]
    public void What_cannot_be_validated_is_refused_before_anything_is_solved()
    {
        using var folder = new TempFolder();
        CliRun.Of("place", samples.Load, "--cluster", "1x4", "--policy", "eplb", "--validate", "-o", folder["p.json"])
            .Refused("--validate", "a recording without tokens", "only tokens can be held out");
        CliRun.Of("place", samples.Trace, "--cluster", "1x4", "--split", "test", "--validate", "-o", folder["p.json"])
            .Refused("--split = \"test\"", "train or all");
        var one = samples["one-sequence.safetensors"];
        CliRun.Of("place", one, "--cluster", "1x4", "--objective", "crossing", "--validate", "-o", folder["p.json"])
            .Refused("--validate", "folds: ", "domains: ", "phases: ", "drift and learning curve: ");
        Assert.Empty(folder.Files());
    }

    [Fact]
    public async Task An_interrupted_validation_leaves_the_placement_and_says_so()
    {
        using var folder = new TempFolder();
        using var interrupt = new CancellationTokenSource();
        string[] arguments =
        [
            "place", samples.Trace, "--cluster", "1x4", "--objective", "crossing", "--time-limit", "60", "--validate", "--json", "-o",
            folder["p.json"],
        ];
        var running = Task.Run(() => CliRun.Of(interrupt.Token, arguments), CancellationToken.None);
        await Task.Delay(500, CancellationToken.None);
        await interrupt.CancelAsync();
        var run = await running;
        Assert.Equal(130, run.Code);
        Assert.Contains("validation: interrupted, so it has no result", run.Error, StringComparison.Ordinal);
        Assert.Equal(4, ExpertPlacementFile.Read(folder["p.json"]).Ranks);
    }
}
