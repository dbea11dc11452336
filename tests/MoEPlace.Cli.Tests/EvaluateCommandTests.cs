using System.Text.Json;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>evaluate</c> on good input.</summary>
public sealed class EvaluateCommandTests(Samples samples)
{
    [Theory]
    [InlineData("home")]
    [InlineData("coherent")]
    public void One_placement_gives_its_measures_at_the_top(string residency)
    {
        var told = CliRun.Json(
            "evaluate", samples.Trace, samples.Placement, "--residency", residency, "--split", "test", "--window", "100", "--phase",
            "decode");
        Assert.Equal(MeasureNames.Measures, told.EnumerateObject().Select(p => p.Name));
        Assert.Equal(Samples.Tokens / 5, told.GetProperty("tokens").GetInt64());
        Assert.Equal(JsonValueKind.Null, told.GetProperty("migrationBytes").ValueKind);
        Assert.All(MeasureNames.Measures.Except(["migrationBytes"]), name => Assert.Equal(JsonValueKind.Number, told.GetProperty(name).ValueKind));
    }

    [Fact]
    public void Several_placements_stand_under_their_files_and_side_by_side_in_a_table()
    {
        using var folder = new TempFolder();
        string[] files = [samples.Placement, samples["round-robin.json"]];
        var told = CliRun.Json("evaluate", samples.Trace, files[0], files[1], "--current", files[0], "--result", folder["r.json"]);
        Assert.Equal(files, told.EnumerateObject().Select(p => p.Name));
        Assert.Equal(0, told.GetProperty(files[0]).GetProperty("migrationBytes").GetInt64());
        Assert.True(told.GetProperty(files[1]).GetProperty("migrationBytes").GetInt64() > 0);
        Assert.Equal(["contiguous", "round-robin"], ResultFile.Read(folder["r.json"]).Placements.Select(p => p.Label));
        var table = CliRun.Done("evaluate", samples.Trace, files[0], files[1]).Output;
        Assert.Contains("contiguous", table, StringComparison.Ordinal);
        Assert.Contains("round-robin", table, StringComparison.Ordinal);
        Assert.All(table.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public void Placements_of_one_name_are_told_by_their_paths()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["new"]);
        File.Copy(samples["round-robin.json"], folder["new/contiguous.json"]);
        CliRun.Done("evaluate", samples.Trace, samples.Placement, folder["new/contiguous.json"], "--result", folder["r.json"]);
        Assert.Equal(
            [samples.Placement, folder["new/contiguous.json"]], ResultFile.Read(folder["r.json"]).Placements.Select(p => p.Label));
    }

    [Fact]
    public void A_load_file_tells_load_alone()
    {
        var told = CliRun.Json("evaluate", samples.Load, samples.Placement);
        Assert.Equal(MeasureNames.Measures, told.EnumerateObject().Select(p => p.Name));
        Assert.True(told.GetProperty("imbalanceMax").GetDouble() >= told.GetProperty("imbalanceMean").GetDouble());
        Assert.Equal(JsonValueKind.Null, told.GetProperty("rankCopiesPerTokenLayer").ValueKind);
    }

    [Fact]
    public void A_cluster_file_gives_its_own_figures()
    {
        using var folder = new TempFolder();
        var slow = ClusterPresets.Parse("a100-8:1x4");
        File.WriteAllText(folder["slow.json"], JsonSerializer.Serialize(slow, StrictJson.Options));
        double Step(string cluster) =>
            CliRun.Json("evaluate", samples.Trace, samples.Placement, "--cluster", cluster).GetProperty("stepSeconds").GetDouble();
        Assert.Equal(Step("a100-8:1x4"), Step(folder["slow.json"]));
        Assert.NotEqual(Step("a100-8:1x4"), Step("1x4"));
    }
}
