using System.Text.Json;
using MoEPlace.Placement.EngineMaps;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>placement</c> on good input.</summary>
public sealed class PlacementCommandTests(Samples samples)
{
    public static TheoryData<string> Engines() => [.. EngineMapFile.Engines];

    [Theory]
    [MemberData(nameof(Engines))]
    public void What_is_exported_for_an_engine_is_imported_as_the_same_placement(string engine)
    {
        using var folder = new TempFolder();
        CliRun.Done("placement", "export", samples["round-robin.json"], "--to", engine, "-o", folder["map"]);
        CliRun.Done(
            "placement", "import", folder["map"], "--from", engine, "--model", samples.ModelFile, "--cluster", "1x4", "-o",
            folder["p.json"]);
        var diff = CliRun.Json("placement", "diff", samples["round-robin.json"], folder["p.json"]);
        Assert.Equal(0, diff.GetProperty("moves").GetArrayLength());
        Assert.Equal(32, diff.GetProperty("slotsKept").GetInt64());
        Assert.Equal(engine, ExpertPlacementFile.Read(folder["p.json"]).Provenance.Policy);
    }

    [Fact]
    public void Import_reads_one_hot_arrays_of_omni()
    {
        using var folder = new TempFolder();
        var slots = ExpertPlacementFile.Read(samples.Placement).ToSlots();
        var hot = new byte[4 * 4 * 8];
        for (var layer = 0; layer < 4; layer++)
            for (var rank = 0; rank < 4; rank++)
                foreach (var expert in slots[layer][rank])
                    hot[(rank * 4 + layer) * 8 + expert] = 1;
        NpyFiles.Write(folder["omni.npy"], "|u1", "4, 4, 8", hot);
        CliRun.Done(
            "placement", "import", folder["omni.npy"], "--from", "omni", "--model", samples.ModelFile, "--cluster", "1x4", "-o",
            folder["p"]);
        Assert.Equal(0, CliRun.Json("placement", "diff", samples.Placement, folder["p"]).GetProperty("moves").GetArrayLength());
    }

    [Fact]
    public void Diff_tells_every_expert_that_a_rank_does_not_yet_hold()
    {
        var (before, after) = (samples.Placement, samples["round-robin.json"]);
        var (from, to) = (ExpertPlacementFile.Read(before).ToSlots(), ExpertPlacementFile.Read(after).ToSlots());
        var expected = new HashSet<(int Layer, int Expert, int To)>();
        for (var layer = 0; layer < from.Length; layer++)
            for (var rank = 0; rank < 4; rank++)
                expected.UnionWith(to[layer][rank].Except(from[layer][rank]).Select(expert => (layer, expert, rank)));
        var diff = CliRun.Json("placement", "diff", before, after, "--model", samples.ModelFile);
        Assert.Equal(
            expected.Order(),
            diff.GetProperty("moves").EnumerateArray().Select(m => (Number(m, "layer"), Number(m, "expert"), Number(m, "to"))).Order());
        Assert.True(diff.GetProperty("time").GetProperty("seconds").GetDouble() > 0);
        var table = CliRun.Done("placement", "diff", before, after).Output;
        Assert.Contains($"{expected.Count}", table, StringComparison.Ordinal);
        Assert.Contains("more (--json lists all)", table, StringComparison.Ordinal);
    }

    private static int Number(JsonElement move, string name) => move.GetProperty(name).GetInt32();
}
