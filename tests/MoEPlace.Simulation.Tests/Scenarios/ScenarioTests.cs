using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Scenarios;
using Xunit;

namespace MoEPlace.Simulation.Tests.Scenarios;

public sealed class ScenarioTests : IDisposable
{
    private readonly ScenarioSample sample = new();

    [Fact]
    public void A_variant_changes_the_keys_that_it_names_and_no_others()
    {
        var (shared, wide) = (sample.Read().Variants[0], sample.Read().Variants[1]);
        Assert.Equal(("h100-8:2x4", 2, 25e9, 450e9),
            (shared.Cluster.Name, shared.Cluster.Nodes, Inter(shared), shared.Cluster.IntraNode.BandwidthBytesPerSecond));
        Assert.Equal(("h100-8:4x4", 4, 25e9), (wide.Cluster.Name, wide.Cluster.Nodes, Inter(wide)));
        Assert.Equal((1, 2), (shared.Schedule.PipelineDegree, wide.Schedule.PipelineDegree));
        Assert.Equal((CollectiveLibrary.Nccl, CollectiveLibrary.Nccl), (shared.Schedule.Library, wide.Schedule.Library));
        Assert.Equal((32, 64), (shared.TokensPerStep, wide.TokensPerStep));
        Assert.Equal((16, 16), (shared.Work.ContextTokens, wide.Work.ContextTokens));
        Assert.Equal(shared.Model, wide.Model);
        Assert.Equal(ServingPhase.Decode, wide.Work.Phase);

        static double Inter(ScenarioVariant variant) => variant.Cluster.InterNode.BandwidthBytesPerSecond;
    }

    [Fact]
    public void A_model_may_be_a_name_or_keys_over_another()
    {
        Assert.Equal("mixtral-8x7b", Model("\"mixtral-8x7b\"").Name);
        var thin = Model("""{ "base": "mixtral-8x7b", "dimensions": { "hiddenSize": 512 } }""");
        Assert.Equal((32, 512, 14336), (thin.Layers, thin.Dimensions!.HiddenSize, thin.Dimensions.ExpertIntermediateSize));

        MoEModel Model(string json) => sample.Read(root =>
        {
            root["model"] = JsonNode.Parse(json);
            root["cluster"] = "h100-8:2x4";
            root["variants"] = new JsonArray(root["variants"]![0]!.DeepClone());
            (root["expect"], root["published"]) = (new JsonArray(), new JsonArray());
        }).Variants[0].Model;
    }

    [Fact]
    public void Lost_ranks_take_their_tokens_with_them_only_where_tokens_are_given_per_rank()
    {
        var variants = sample.Read(root =>
        {
            root["lostRanks"] = new JsonArray(4, 5, 6, 7);
            root["variants"]![1]!["lostRanks"] = new JsonArray(0, 1, 2, 3, 12, 13, 14, 15);
        }).Variants;
        Assert.Equal((4, 1, 16), (variants[0].RanksLeft, variants[0].LostNodes, variants[0].TokensPerStep));
        Assert.Equal((8, 2, 64), (variants[1].RanksLeft, variants[1].LostNodes, variants[1].TokensPerStep));
    }

    [Fact]
    public void A_seed_given_replaces_that_of_the_file() =>
        Assert.Equal((9, 9), (Scenario.Read(sample.Write(ScenarioSample.Text), 9).Content.Seed,
            Scenario.Read(sample.Write(ScenarioSample.Text), 9).Variants[0].Seed));

    [Fact]
    public void Merging_is_that_of_RFC_7396()
    {
        foreach (var (under, over, merged) in new[]
        {
            ("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}"""), ("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}"""),
            ("""{"a":"b"}""", """{"a":null}""", "{}"), ("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}"""),
                ("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}"""),
            ("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}"""),
                ("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}"""),
            ("""["a","b"]""", """["c","d"]""", """["c","d"]"""), ("""{"a":"b"}""", """["c"]""", """["c"]"""),
                ("""{"a":"foo"}""", "\"bar\"", "\"bar\""),
            ("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}"""), ("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}"""),
        })
            Assert.Equal(merged, JsonMerge.Apply(JsonNode.Parse(under), JsonNode.Parse(over))!.ToJsonString());
    }

    [Fact]
    public void Points_of_a_sweep_are_all_combinations_the_last_path_fastest()
    {
        var scenario = sample.Read();
        var points = SweepPoint.All(scenario, scenario.Swept);
        Assert.Equal(
            [(1, 16), (1, 32), (2, 16), (2, 32), (4, 16), (4, 32)],
            points.Select(p => (p.Scenario.Variants[1].Cluster.Nodes, p.Scenario.Variants[1].Work.ContextTokens)));
        Assert.All(points, p => Assert.Equal(2, p.Scenario.Variants[0].Cluster.Nodes));
        Assert.Equal(6, points.Select(p => p.FileName).Distinct().Count());
        Assert.Equal(points.Select(p => p.FileName), SweepPoint.All(scenario, scenario.Swept).Select(p => p.FileName));
        Assert.NotEqual(points[0].FileName, SweepPoint.All(sample.Read(root => root["seed"] = 4), scenario.Swept)[0].FileName);
    }

    [Fact]
    public void Null_among_swept_values_takes_a_key_back_to_its_default()
    {
        var scenario = sample.Read(root => root["sweep"] = JsonNode.Parse(
            """{ "schedule.capacityFactor": [null, 1], "variants.wide.cluster.nodes": [4, null] }"""));
        var points = SweepPoint.All(scenario, scenario.Swept);
        Assert.Equal(
            [(null, 4), (null, 2), (1.0, 4), (1.0, 2)],
            points.Select(p => (p.Scenario.Variants[1].Schedule.CapacityFactor, p.Scenario.Variants[1].Cluster.Nodes)));
        Assert.Contains("schedule.capacityFactor=null", points[0].Scenario.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("work.tokensPerStop", "1", "work.tokensPerStop")]
    [InlineData("colour", "1", "colour")]
    [InlineData("name", "\"x\"", "name")]
    [InlineData("variants.none.work.steps", "1", "variants.base or variants.wide")]
    [InlineData("variants.wide.seed", "1", "variants.wide.seed")]
    [InlineData("work..steps", "1", "work..steps")]
    [InlineData("work.steps.count", "1", "work.steps")]
    [InlineData("work.steps", "0", "steps = 0")]
    [InlineData("work.steps", "\"two\"", "work.steps")]
    [InlineData("cluster.nodes", "3", "12 ranks")]
    [InlineData("work.steps", "null", "work.steps")]
    [InlineData("cluster", "null", "cluster")]
    public void A_sweep_over_what_is_no_setting_is_refused(string path, string value, string told)
    {
        var fault = Assert.Throws<InputException>(() => SweepPoint.All(
            sample.Read(), [KeyValuePair.Create(path, (ImmutableArray<JsonNode?>)[JsonNode.Parse(value)])]));
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_names_the_keys_of_a_scenario()
    {
        var schema = ScenarioSchema.Make();
        var keys = schema["properties"]!.AsObject().Select(p => p.Key).ToHashSet();
        Assert.All(ScenarioSample.Root, key => Assert.Contains(key.Key, keys));
        Assert.False((bool)schema["additionalProperties"]!);
        Assert.Equal("string", (string?)schema["properties"]!["cluster"]!["anyOf"]![0]!["type"]);
    }

    public void Dispose() => sample.Dispose();
}
