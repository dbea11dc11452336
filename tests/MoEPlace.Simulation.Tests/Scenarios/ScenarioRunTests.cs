using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Results;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Scenarios;
using Xunit;

namespace MoEPlace.Simulation.Tests.Scenarios;

public sealed class ScenarioRunTests : IDisposable
{
    private readonly ScenarioSample sample = new();

    [Fact]
    public void A_result_tells_variants_expectations_and_published_figures_in_the_order_of_the_file()
    {
        var result = Run(sample.Read());
        Assert.Equal(["base", "wide"], result.Variants.Select(v => v.Name));
        Assert.Equal(
            ("sample", "toy", "synthetic", "decode", 3), (result.Scenario, result.Model, result.Origin, result.Phase, result.Seed));
        Assert.Equal([(2.0, true), (14.0, true)], result.Expectations.Select(e => (e.Value, e.Met)));
        Assert.Equal(2.0, Assert.Single(result.Published).Simulated);
        var faults = new InputFaults("result");
        SimulationCheck.Check(result, faults);
        faults.ThrowIfAny();
        var path = Path.Combine(sample.Folder, "result.json");
        result.Write(path);
        Assert.Equal(Bytes(result), Bytes(SimulationResult.Read(path)));
    }

    [Theory]
    [InlineData(1.5, null, true)]
    [InlineData(2.5, null, false)]
    [InlineData(null, 1.5, false)]
    [InlineData(2.0, 2.0, true)]
    public void An_expectation_is_met_within_its_limits(double? least, double? most, bool met)
    {
        var result = Run(sample.Read(root =>
            (root["expect"]![0]!["least"], root["expect"]![0]!["most"]) = (least, most)));
        Assert.Equal(met, result.Expectations[0].Met);
    }

    [Fact]
    public void Nothing_over_nothing_is_one_and_something_over_nothing_fails_without_infinities()
    {
        StepRunner step = (setting, name, description, placement, cancellation) =>
        {
            var ran = ScenarioSample.Step(setting, name, description, placement, cancellation);
            var measures = ran.Measures.SetItem(SimulationMeasure.StepSeconds, name == "base" ? 0 : 1);
            return ran with { Measures = measures.SetItem(SimulationMeasure.WaitSeconds, 0) };
        };
        var result = Run(sample.Read(root => root["expect"]![1] = new JsonObject
        {
            ["measure"] = "waitSeconds",
            ["variant"] = "wide",
            ["over"] = "base",
            ["least"] = 1,
            ["most"] = 1,
            ["why"] = "none waits",
        }), step);
        Assert.Equal([false, true], result.Expectations.Select(e => e.Met));
        Assert.NotEmpty(Bytes(result));
    }

    [Fact]
    public void Placements_that_are_the_same_are_solved_once()
    {
        var solved = new List<string>();
        PlacementSource place = (variant, slice, cancellation) =>
        {
            solved.Add(variant.Name);
            return ScenarioSample.Place(variant, slice, cancellation);
        };
        JsonObject Variant(string name, string cluster, int parts) => new()
        {
            ["name"] = name,
            ["description"] = "another way",
            ["cluster"] = JsonNode.Parse(cluster),
            ["schedule"] = new JsonObject { ["pipelineDegree"] = parts },
        };
        const string slow = """{ "unequalRanks": [{ "rank": 1, "speed": 0.5 }], "fabric": { "linkChanges": [{ "port": "nic", "rank": 1 }] } }""";
        JsonObject[] more = [Variant("pipelined", "{}", 2), Variant("slow", slow, 1), Variant("slow pipelined", slow, 2)];
        var scenario = sample.Read(root => Array.ForEach(more, root["variants"]!.AsArray().Add));
        Run(scenario, place: place);
        Assert.Equal(["base", "wide", "slow"], solved);
    }

    [Fact]
    public void Variants_at_once_give_the_bytes_of_one_after_the_other()
    {
        var scenario = sample.Read(root => root["variants"]![0]!["lostRanks"] = new JsonArray(0, 1, 2, 3));
        var run = new ScenarioRun(ScenarioSample.Place, StepSimulation.Run) { DrawnRanks = 2 };
        var one = Bytes(Run(run with { AtOnce = 1 }, scenario));
        for (var round = 0; round < 3; round++)
            Assert.Equal(one, Bytes(Run(run with { AtOnce = 4 }, scenario)));
    }

    [Fact]
    public void Tokens_dropped_by_a_capacity_factor_are_told_and_none_without()
    {
        double[] Dropped(params double?[] factors) =>
        [
            .. factors.Select(factor => Run(
                sample.Read(root => root["schedule"]!["capacityFactor"] = factor), StepSimulation.Run)
                .Variants[0].Measures[SimulationMeasure.DroppedFraction]),
        ];
        var dropped = Dropped(null, 16, 1, 0.01);
        Assert.Equal([0, 0], dropped[..2]);
        Assert.InRange(dropped[2], 0.01, 0.7);
        Assert.InRange(dropped[3], dropped[2], 0.99);
    }

    [Fact]
    public void A_routing_that_is_long_enough_does_not_repeat()
    {
        foreach (var (steps, repeats) in new[] { (1, false), (2, true) })
        {
            var result = Run(sample.Read(root => root["work"]!["steps"] = steps), StepSimulation.Run);
            Assert.Equal(repeats ? "as it is; the routing is shorter and repeats" : "as it is", result.Variants[0].Description);
        }
    }

    [Fact]
    public void Another_seed_routes_otherwise()
    {
        var run = new ScenarioRun(ScenarioSample.Place, StepSimulation.Run);
        var path = sample.Write(ScenarioSample.Text);
        Assert.NotEqual(Bytes(Run(run, Scenario.Read(path)) with { Seed = 0 }), Bytes(Run(run, Scenario.Read(path, 4)) with { Seed = 0 }));
    }

    [Fact]
    public void A_cancelled_run_has_no_result_and_leaves_no_trace_open()
    {
        using var ended = new CancellationTokenSource();
        StepRunner step = (setting, name, description, placement, cancellation) =>
        {
            ended.Cancel();
            return ScenarioSample.Step(setting, name, description, placement, cancellation);
        };
        Assert.ThrowsAny<OperationCanceledException>(
            () => new ScenarioRun(ScenarioSample.Place, step).Run(sample.Read(), null, ended.Token));
    }

    [Theory]
    [InlineData("""{ "interNode": { "bandwidthBytesPerSecond": 1e-6 } }""", "interNode.bandwidthBytesPerSecond")]
    [InlineData("""{ "intraNode": { "latencyNanoseconds": 1e17 } }""", "intraNode.latencyNanoseconds")]
    [InlineData("""{ "device": { "flopsPerSecond": 1e-3 } }""", "device.flopsPerSecond")]
    [InlineData("""{ "device": { "memoryBandwidthBytesPerSecond": 1e300 } }""", "device.memoryBandwidthBytesPerSecond")]
    [InlineData("""{ "device": { "kernelLaunchNanoseconds": 1e17 } }""", "device.kernelLaunchNanoseconds")]
    [InlineData("""{ "unequalRanks": [{ "rank": 1, "speed": 1e-300 }] }""", "unequalRanks[0].speed")]
    [InlineData("""{ "fabric": { "nodeSwitchBytesPerSecond": 1e-300 } }""", "fabric.nodeSwitchBytesPerSecond")]
    [InlineData("""{ "fabric": { "linkChanges": [{ "port": "nic", "rank": 1, "bandwidthShare": 1e-300 }] } }""", "fabric.linkChanges[0].bandwidthShare")]
    [InlineData("""{ "fabric": { "linkChanges": [{ "port": "nic", "rank": 1, "addedLatencyNanoseconds": 1e17 }] } }""",
        "fabric.linkChanges[0].addedLatencyNanoseconds")]
    [InlineData("""{ "fabric": { "nodesPerLeaf": 1, "oversubscription": 1e300 } }""", "fabric.oversubscription")]
    public void Figures_that_no_cluster_has_are_told_by_their_key(string cluster, string key)
    {
        var refused = Assert.Throws<InputException>(
            () => sample.Read(root => root["cluster"] = JsonMerge.Apply(root["cluster"], JsonNode.Parse(cluster))));
        Assert.All(refused.Faults, fault => Assert.EndsWith("cluster." + key, fault.Field, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "device": { "flopsPerSecond": 1e6 } }""", 16_777_216)]
    [InlineData("""{ "device": { "memoryBandwidthBytesPerSecond": 1e3, "memoryBytes": 1000000000000000 } }""", 1_000_000)]
    public void What_takes_longer_than_a_clock_holds_is_told_with_the_variant(string cluster, int contextTokens)
    {
        var scenario = sample.Read(root =>
        {
            root["cluster"] = JsonMerge.Apply(root["cluster"], JsonNode.Parse(cluster));
            root["cluster"]!["device"]!["memoryBytes"] = long.MaxValue;
            (root["work"]!["tokensPerRank"], root["work"]!["contextTokens"]) = (4_096, contextTokens);
            root["variants"]!.AsArray().RemoveAt(1);
            (root["expect"], root["published"], root["sweep"]) = (new JsonArray(), new JsonArray(), null);
        });
        var stopped = Assert.ThrowsAny<Exception>(() => Run(scenario, StepSimulation.Run));
        var told = Assert.IsType<StoppedModelException>(stopped is AggregateException many ? many.InnerExceptions[0] : stopped);
        Assert.Matches("^variant base: .*clock", told.Message);
    }

    [Fact]
    public void A_placement_out_of_a_file_leaves_lost_ranks_empty()
    {
        var scenario = sample.Read();
        var placement = ScenarioSample.Place(scenario.Variants[0], null!, TestContext.Current.CancellationToken);
        // Every expert once more on the other node.
        var slots = placement.ToSlots().Select(layer => (ImmutableArray<ImmutableArray<int>>)
            [.. layer.Select((experts, rank) => experts.AddRange(layer[(rank + 4) % 8]))]);
        ExpertPlacementFile.Write(
            Path.Combine(sample.Folder, "placed.json"),
            new ExpertPlacement(
                placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, 2, 4, [.. slots], placement.Provenance));
        var seen = new List<int>();
        StepRunner step = (setting, name, description, placed, cancellation) =>
        {
            for (var rank = 0; rank < setting.Cluster.Ranks; rank++)
                seen.Add(setting.Placement.ExpertsOn(new LayerId(0), new RankId(rank)).Length);
            return ScenarioSample.Step(setting, name, description, placed, cancellation);
        };
        var result = Run(sample.Read(root =>
        {
            root["placement"] = new JsonObject { ["file"] = "placed.json" };
            root["lostRanks"] = new JsonArray(1, 6);
            root["variants"]!.AsArray().RemoveAt(1);
            (root["expect"], root["published"]) = (new JsonArray(), new JsonArray());
        }), step);
        Assert.Equal([4, 0, 4, 4, 4, 4, 0, 4], seen);
        Assert.Equal("placed.json", result.Variants[0].Placement);
        Assert.Throws<InputException>(() => sample.Read(root =>
        {
            root["placement"] = new JsonObject { ["file"] = "placed.json" };
            root["lostRanks"] = new JsonArray(1, 5);
        }));
    }

    private static SimulationResult Run(Scenario scenario, StepRunner? step = null, PlacementSource? place = null) =>
        Run(new ScenarioRun(place ?? ScenarioSample.Place, step ?? ScenarioSample.Step), scenario);

    private static SimulationResult Run(ScenarioRun run, Scenario scenario) => run.Run(scenario, null, TestContext.Current.CancellationToken);

    private static string Bytes(SimulationResult result) => JsonSerializer.Serialize(result, StrictJson.OneLine);

    public void Dispose() => sample.Dispose();
}
