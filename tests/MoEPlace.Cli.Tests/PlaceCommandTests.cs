using System.Text.Json;
using MoEPlace.Results;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>place</c> on good input.</summary>
public sealed class PlaceCommandTests(Samples samples)
{
    private const int Layers = 4;

    public static TheoryData<string, string> PoliciesAndClusters()
    {
        var data = new TheoryData<string, string>();
        foreach (var policy in PolicyChoice.Names)
            foreach (var cluster in new[] { "1x4", "2x2" })
                data.Add(policy, cluster);
        return data;
    }

    [Theory]
    [MemberData(nameof(PoliciesAndClusters))]
    public void Every_policy_tells_what_evaluate_tells_of_its_file(string policy, string cluster)
    {
        using var folder = new TempFolder();
        var (file, result) = (folder["p.json"], folder["r.json"]);
        // A round of an integer solver can take a minute.
        string[] limit = policy is "exflow" or "moetuner" ? ["--time-limit", "1"] : ["--iteration-limit", "1"];
        var told = CliRun.Json([
            "place", samples.Trace, "--cluster", cluster, "--policy", policy, "--objective", "crossing", .. limit, "--split", "train",
            "-o", file,
            "--result", result]);
        Assert.Equal([.. MeasureNames.Solve, .. MeasureNames.Measures], told.EnumerateObject().Select(p => p.Name));
        Assert.Equal(policy, told.GetProperty("policy").GetString());
        Assert.Contains(told.GetProperty("status").GetString(), new[] { "optimal", "feasible", "limit" });
        if (told.GetProperty("bound") is { ValueKind: JsonValueKind.Number } bound)
            Assert.InRange(bound.GetDouble(), 0, told.GetProperty("objective").GetDouble() * (1 + 1e-9));
        Assert.Equal(told.GetProperty("bound").ValueKind, told.GetProperty("gap").ValueKind);

        Assert.Equal(32, ExpertPlacementFile.Read(file).ToSlots().Sum(layer => layer.Sum(rank => rank.Length)));
        var judged = CliRun.Json("evaluate", samples.Trace, file, "--split", "train");
        Assert.All(MeasureNames.Measures, name => Assert.Equal(judged.GetProperty(name).GetRawText(), told.GetProperty(name).GetRawText()));
        var entry = Assert.Single(ResultFile.Read(result).Placements);
        Assert.Equal((policy, "train"), (entry.Policy, entry.SolvedOn));
        Assert.Equal(["p.json", "r.json"], folder.Files());
    }

    [Theory]
    [InlineData("copies")]
    [InlineData("step")]
    public void With_residency_coherent_decoded_tokens_are_solved_and_judged_and_it_is_told(string objective)
    {
        using var folder = new TempFolder();
        // Every other token is decoded.
        var trace = WithPhase(folder["phases"], row => (byte)(row % 2));
        string[] place =
        [
            "place", trace, "--cluster", "1x4", "--residency", "coherent", "--objective", objective, "--iteration-limit", "1", "--split",
            "train", "-o", folder["p.json"],
        ];
        var run = CliRun.Done(place);
        Assert.Contains("note: solved and judged on 800 decoded tokens of 1,600", run.Error, StringComparison.Ordinal);
        var told = CliRun.Json([.. place, "--result", folder["r.json"]]);
        Assert.Equal(800, told.GetProperty("tokens").GetInt64());
        var expected = objective == "step" ? Measure(told, "stepSeconds") : Measure(told, "rankCopiesPerTokenLayer") * 800 * Layers;
        Assert.Equal(expected, Measure(told, "objective"), 1e-6 * expected);
        Assert.Equal("train", Assert.Single(ResultFile.Read(folder["r.json"]).Placements).SolvedOn);
        CliRun.Done("evaluate", trace, folder["p.json"], "--residency", "coherent", "--result", folder["e.json"]);
        Assert.Equal("train", Assert.Single(ResultFile.Read(folder["e.json"]).Placements).SolvedOn);
        CliRun.Done([.. place, "--validate"]);
        Assert.DoesNotContain("decoded", CliRun.Done([.. place, "--phase", "prefill"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_decoded_tokens_residency_coherent_is_judged_but_not_solved()
    {
        using var folder = new TempFolder();
        var trace = WithPhase(folder["prefill"], _ => 0);
        CliRun.Of("place", trace, "--cluster", "1x4", "--residency", "coherent", "--objective", "copies", "-o", folder["p.json"])
            .Refused("phase = \"prefill in all tokens of all\"", "try --residency home");
        CliRun.Of("place", trace, "--cluster", "1x4", "--residency", "coherent", "--validate", "-o", folder["p.json"])
            .Refused("try --residency home");
        var coherent = CliRun.Json("evaluate", trace, samples.Placement, "--residency", "coherent");
        var home = CliRun.Json("evaluate", trace, samples.Placement);
        Assert.Equal(Measure(home, "rankCopiesPerTokenLayer"), Measure(coherent, "rankCopiesPerTokenLayer"));
        Assert.True(Measure(coherent, "contextBytes") > 0);
    }

    [Theory]
    [InlineData("home")]
    [InlineData("coherent")]
    public void Every_objective_is_the_measure_that_it_names(string residency)
    {
        using var folder = new TempFolder();
        var crossing = Place(folder, residency, "crossing");
        Assert.Equal(
            Measure(crossing, "gpuCrossingFraction") * Samples.Tokens * (Layers - 1), Measure(crossing, "objective"), 1e-6);
        var copies = Place(folder, residency, "copies");
        Assert.Equal(Measure(copies, "rankCopiesPerTokenLayer") * Samples.Tokens * Layers, Measure(copies, "objective"), 1e-6);
        var step = Place(folder, residency, "step");
        Assert.Equal(Measure(step, "stepSeconds"), Measure(step, "objective"), 1e-12);
        foreach (var (told, name) in new[] { (crossing, "crossing"), (copies, "copies"), (step, "step") })
            Assert.Equal((name, residency), (told.GetProperty("objectiveName").GetString(), told.GetProperty("residency").GetString()));
        Assert.Equal(residency == "home", Measure(step, "contextBytes") == 0);
    }

    [Fact]
    public void Holds_the_load_limit_in_every_layer()
    {
        using var folder = new TempFolder();
        var told = CliRun.Json(
            "place", samples.Trace, "--cluster", "1x4", "--objective", "crossing", "--max-imbalance", "1.2", "--iteration-limit", "1", "-o",
            folder["p.json"], "--result", folder["r.json"]);
        var relaxed = told.GetProperty("relaxedLayers").EnumerateArray().Select(l => l.GetInt32()).ToArray();
        var loads = ResultFile.Read(folder["r.json"]).Placements[0].Detail.LoadByLayerAndRank;
        for (var layer = 0; layer < loads.Length; layer++)
            if (!relaxed.Contains(layer))
                Assert.True(loads[layer].Max() <= 1.2 * loads[layer].Average(), $"layer {layer}: {string.Join(", ", loads[layer])}");
    }

    [Fact]
    public void Tells_people_in_a_table_what_it_tells_programs()
    {
        using var folder = new TempFolder();
        var run = CliRun.Done("place", samples.Trace, "--cluster", "1x4", "--policy", "eplb", "-o", folder["p.json"]);
        foreach (var word in new[] { "toy on 1 x 4", "synthetic", "eplb", "feasible", "GPU crossing", "imbalance, max", folder["p.json"] })
            Assert.Contains(word, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Eplb_places_a_load_file_with_replicas()
    {
        using var folder = new TempFolder();
        var told = CliRun.Json(
            "place", samples.Load, "--cluster", "2x2", "--policy", "eplb", "--redundant", "4", "-o", folder["p.json"], "--result",
            folder["r.json"]);
        Assert.True(Measure(told, "imbalanceMean") >= 1);
        Assert.Equal(JsonValueKind.Null, told.GetProperty("gpuCrossingFraction").ValueKind);
        Assert.True(ExpertPlacementFile.Read(folder["p.json"]).HasReplicas);
        Assert.Equal("measured", ResultFile.Read(folder["r.json"]).Origin);
    }

    [Theory]
    [InlineData("affinity")]
    [InlineData("exflow")]
    [InlineData("moetuner")]
    [InlineData("grace")]
    [InlineData("cooccurrence")]
    public void A_policy_that_needs_tokens_refuses_a_load_file_with_that_reason(string policy)
    {
        using var folder = new TempFolder();
        CliRun.Of("place", samples.Load, "--cluster", "1x4", "--policy", policy, "-o", folder["p.json"])
            .Refused(samples.Load, "moeplace.load/1", "holds only how often each expert was chosen");
        Assert.Empty(folder.Files());
    }

    [Fact]
    public void Tells_what_migration_moves()
    {
        using var folder = new TempFolder();
        var told = CliRun.Json(
            "place", samples.Trace, "--cluster", "1x4", "--policy", "round-robin", "--current", samples.Placement, "-o", folder["p.json"]);
        var diff = CliRun.Json("placement", "diff", samples.Placement, folder["p.json"], "--model", samples.ModelFile);
        Assert.True(Measure(diff, "bytes") > 0);
        Assert.Equal(Measure(diff, "bytes"), Measure(told, "migrationBytes"));
    }

    private JsonElement Place(TempFolder folder, string residency, string objective) => CliRun.Json(
        "place", samples.Trace, "--cluster", "1x4", "--objective", objective, "--residency", residency, "--iteration-limit", "1", "-o",
        folder["p.json"]);

    private static double Measure(JsonElement told, string name) => told.GetProperty(name).GetDouble();

    /// <summary>The sample with a phase for every row.</summary>
    private string WithPhase(string path, Func<int, byte> phase)
    {
        using var trace = RoutingTrace.Open(samples.Trace);
        var count = (int)trace.Tokens;
        var experts = new ushort[count * trace.Layers * trace.TopK];
        trace.CopyExperts(0, count, experts);
        using var writer = new RoutingTraceWriter(path, trace.Header, count, TraceColumns.GateWeights | TraceColumns.Phase);
        writer.Append(new TraceRows(
            experts, trace.Sequence(0, count).ToArray(), trace.Position(0, count).ToArray(), trace.GateWeights(0, count).ToArray(),
            Phase: [.. Enumerable.Range(0, count).Select(phase)]));
        writer.Complete();
        return path;
    }
}
