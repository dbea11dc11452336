using System.Text.Json;
using MoEPlace.Evaluation;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>place</c> under constraints: drained ranks, unequal ranks, a migration budget, and what happens when they conflict.</summary>
public sealed class ConstraintTests(Samples samples)
{
    [Theory]
    [InlineData("crossing")]
    [InlineData("copies")]
    [InlineData("step")]
    public void A_drained_rank_holds_nothing(string objective)
    {
        using var folder = new TempFolder();
        CliRun.Json(Place(folder, "--objective", objective, "--drain", "1,3", "--max-imbalance", "1"));
        var placement = ExpertPlacementFile.Read(folder["p.json"]);
        Assert.All(placement.ToSlots(), layer => Assert.Equal([4, 0, 4, 0], layer.Select(rank => rank.Length)));
    }

    [Fact]
    public void Ranks_that_do_not_divide_the_experts_are_filled_as_evenly_as_can_be()
    {
        using var folder = new TempFolder();
        CliRun.Json(Place(folder, "--objective", "crossing", "--drain", "0"));
        Assert.All(
            ExpertPlacementFile.Read(folder["p.json"]).ToSlots(), layer => Assert.Equal([0, 3, 3, 2], layer.Select(rank => rank.Length)));
    }

    [Theory]
    [InlineData("crossing")]
    [InlineData("copies")]
    public void A_migration_budget_is_kept_to_the_byte(string objective)
    {
        using var folder = new TempFolder();
        var expertBytes = 3 * 64 * 32 * 2;
        foreach (var experts in new[] { 0, 3, 10 })
        {
            var told = CliRun.Json(Place(
                folder, "--objective", objective, "--current", samples.Placement, "--migration-budget", $"{experts * expertBytes + 1}"));
            var next = ExpertPlacementFile.Read(folder["p.json"]);
            var moved = PlacementCost.MigratedExperts(ExpertPlacementFile.Read(samples.Placement), next);
            Assert.InRange(moved, 0, experts);
            Assert.Equal(moved * expertBytes, told.GetProperty("migrationBytes").GetInt64());
            var curve = told.GetProperty("migrationCurve").EnumerateArray().Select(p => p.GetProperty("bytes").GetInt64()).ToArray();
            Assert.Equal(0, curve[0]);
            Assert.True(curve[^1] <= experts * expertBytes, string.Join(", ", curve));
        }
    }

    [Theory]
    [InlineData("crossing")]
    [InlineData("copies")]
    [InlineData("step")]
    public void Layers_whose_limit_no_budget_pays_for_are_named_and_the_bound_holds(string objective)
    {
        using var folder = new TempFolder();
        var told = CliRun.Json(Place(
            folder, "--objective", objective, "--current", samples.Placement, "--migration-budget", "0", "--max-imbalance", "1.01", "--result",
            folder["r.json"]));
        var relaxed = told.GetProperty("relaxedLayers").EnumerateArray().Select(l => l.GetInt32()).ToArray();
        var loads = Results.ResultFile.Read(folder["r.json"]).Placements[0].Detail.LoadByLayerAndRank;
        Assert.All(Enumerable.Range(0, 4).Where(l => loads[l].Max() > 1.01 * loads[l].Average()), l => Assert.Contains(l, relaxed));
        Assert.True(told.GetProperty("bound").GetDouble() <= told.GetProperty("objective").GetDouble());
    }

    [Fact]
    public void A_step_within_a_budget_moves_no_more()
    {
        using var folder = new TempFolder();
        var budget = 4L * 3 * 64 * 32 * 2;
        var told = CliRun.Json(Place(folder, "--objective", "step", "--current", samples.Placement, "--migration-budget", $"{budget}"));
        Assert.InRange(told.GetProperty("migrationBytes").GetInt64(), 0, budget);
        var before = CliRun.Json("evaluate", samples.Trace, samples.Placement);
        Assert.True(told.GetProperty("stepSeconds").GetDouble() <= before.GetProperty("stepSeconds").GetDouble());
    }

    [Fact]
    public void Conflicts_are_told_with_exit_code_1_and_nothing_is_written()
    {
        using var folder = new TempFolder();
        Conflict(
            CliRun.Of(Place(folder, "--drain", "3", "--current", samples.Placement, "--migration-budget", "100")),
            "--migration-budget 100", "must travel");
        Conflict(CliRun.Of(Place(folder, "--tokens-per-step", "16777216", "--context", "16777216")), "memory", "--context 16777216");
        var twice = CliRun.Of(Place(folder, "--drain", "0,1,2", "--redundant", "8"));
        Conflict(twice, "--redundant 8", "--drain 0,1,2", "at most once each");
        Assert.DoesNotContain("memory", twice.Error, StringComparison.Ordinal);
        Assert.Empty(folder.Files());
    }

    [Fact]
    public void Wrong_constraints_are_refused_together()
    {
        using var folder = new TempFolder();
        CliRun.Of(Place(folder, "--drain", "4", "--migration-budget", "-1")).Refused(
            "--drain = \"4\"", "ranks 0 to 3", "--migration-budget = -1", "--current");
        CliRun.Of(Place(folder, "--drain", "0,1,2,3")).Refused("--drain", "at least one rank left");
        CliRun.Of(Place(folder, "--drain", "1,x")).Refused("--drain");
        CliRun.Of(Place(folder, "--policy", "eplb", "--drain", "1")).Refused("policy affinity; eplb uses all ranks");
        Assert.Empty(folder.Files());
    }

    [Fact]
    public void A_slow_rank_is_given_less_load()
    {
        using var folder = new TempFolder();
        var cluster = JsonSerializer.SerializeToNode(ClusterPresets.Parse("1x4"), StrictJson.Options)!.AsObject();
        cluster["unequalRanks"] = JsonSerializer.SerializeToNode(new[] { new UnequalRank(2, Speed: 0.5) }, StrictJson.Options);
        File.WriteAllText(folder["c.json"], cluster.ToJsonString());
        CliRun.Json(
            "place", samples.Trace, "--cluster", folder["c.json"], "--objective", "crossing", "--max-imbalance", "1.25", "--iteration-limit", "2",
            "-o", folder["p.json"], "--result", folder["r.json"]);
        var loads = Results.ResultFile.Read(folder["r.json"]).Placements[0].Detail.LoadByLayerAndRank;
        Assert.True(loads.Average(l => l[2]) < loads.Average(l => l[0] + l[1] + l[3]) / 3 * 0.85, string.Join("; ", loads.Select(l => string.Join(',', l))));
    }

    [Fact]
    public void Other_policies_refuse_unequal_ranks()
    {
        using var folder = new TempFolder();
        var cluster = JsonSerializer.SerializeToNode(ClusterPresets.Parse("1x3"), StrictJson.Options)!.AsObject();
        cluster["unequalRanks"] = JsonSerializer.SerializeToNode(new[] { new UnequalRank(0, Speed: 0.5) }, StrictJson.Options);
        File.WriteAllText(folder["c.json"], cluster.ToJsonString());
        foreach (var policy in PolicyChoice.Names.Where(name => name != "affinity"))
            CliRun.Of("place", samples.Trace, "--cluster", folder["c.json"], "--policy", policy, "-o", folder["p.json"])
                .Refused("--policy", "whose ranks are not equal");
        Assert.Equal(["c.json"], folder.Files());
    }

    [Fact]
    public void A_budget_from_a_placement_with_replicas_is_refused()
    {
        using var folder = new TempFolder();
        CliRun.Done("place", samples.Trace, "--cluster", "1x4", "--policy", "eplb", "--redundant", "4", "-o", folder["now.json"]);
        CliRun.Of(Place(folder, "--current", folder["now.json"], "--migration-budget", "0")).Refused("without replicas");
    }

    private static void Conflict(CliRun run, params string[] told)
    {
        Assert.True(run.Code == 1, run.ToString());
        Assert.Empty(run.Output);
        Assert.All(told, part => Assert.Contains(part, run.Error, StringComparison.Ordinal));
        Assert.All(run.Error.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("no placement: ", line, StringComparison.Ordinal));
    }

    private string[] Place(TempFolder folder, params string[] more) =>
        ["place", samples.Trace, "--cluster", "1x4", "--iteration-limit", "2", "-o", folder["p.json"], .. more];
}
