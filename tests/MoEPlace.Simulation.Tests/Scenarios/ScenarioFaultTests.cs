using System.Text.Json.Nodes;
using MoEPlace.Simulation.Scenarios;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Simulation.Tests.Scenarios;

public sealed class ScenarioFaultTests : IDisposable
{
    /// <summary>Values that nobody expects.</summary>
    private static readonly string[] Odd =
    [
        "0", "-1", "1", "2147483647", "9223372036854775807", "1e308", "1e999", "-1e999", "0.5", "\"\"", "\"NaN\"", "\"@@\"", "[]",
            "{}", "null", "true",
        "[[]]", "[null]", "{\"base\":null}", "{\"base\":\"@@\"}", "{\"base\":\"h100-8\"}", "\"deepseek-v3\"",
            "\"../../etc/passwd.json\"", "\"\\u0000.json\"",
        "[{\"port\":\"nic\"}]", "[0,1,2]", "[-1]", "\"affinity\"", "\"coherent\"",
    ];

    private readonly ScenarioSample sample = new();

    [Theory]
    [InlineData("""{ "colour": 1 }""", "colour = 1", "the keys format, name")]
    [InlineData("""{ "format": "moeplace.scenario/9" }""", "moeplace.scenario/9", "moeplace.scenario/1")]
    [InlineData("""{ "name": "A B" }""", "name = \"A B\"")]
    [InlineData("""{ "title": "" }""", "title")]
    [InlineData("""{ "model": 5 }""", "model")]
    [InlineData("""{ "model": "gpt-17" }""", "model = \"gpt-17\"", "mixtral-8x7b")]
    [InlineData("""{ "model": { "layers": 5 } }""", "model.layers = 5")]
    [InlineData("""{ "model": { "base": 5 } }""", "model.base = ")]
    [InlineData("""{ "model": { "topK": 17 } }""", "model.topK = 17")]
    [InlineData("""{ "model": { "dimensions": null } }""", "model.dimensions")]
    [InlineData("""{ "cluster": "tpu:1x4" }""", "cluster = \"tpu:1x4\"", "b200-8")]
    [InlineData("""{ "cluster": "0x4" }""", "nodes = 0", "1 to 65,536")]
    [InlineData("""{ "cluster": { "racks": 1 } }""", "cluster.racks = 1")]
    [InlineData("""{ "cluster": { "interNode": { "bandwidthBytesPerSecond": -1 } } }""", "cluster.interNode.bandwidthBytesPerSecond = -1",
        "1e3 to 1e18")]
    [InlineData("""{ "cluster": { "interNode": { "latencyNanoseconds": -5 } } }""", "cluster.interNode.latencyNanoseconds = -5")]
    [InlineData("""{ "cluster": { "device": { "flopsPerSecond": 1e999 } } }""", "cluster.device.flopsPerSecond", "1e6 to 1e21")]
    [InlineData("""{ "cluster": { "nodes": 60000 } }""", "nodes = 60000", "8192 ranks")]
    [InlineData("""{ "cluster": { "nodes": 3 } }""", "12 ranks", "divide the 16 slots")]
    [InlineData("""{ "cluster": { "device": { "memoryBytes": 100000 } } }""", "cluster.device.memoryBytes = 100000", "bytes")]
    [InlineData("""{ "cluster": { "fabric": { "linkChanges": [{ "port": "nic", "rank": 99 }] } } }""", "99")]
    [InlineData("""{ "lostRanks": [9] }""", "lostRanks = \"9\"", "0 to 7")]
    [InlineData("""{ "lostRanks": [1, 1] }""", "lostRanks", "each once")]
    [InlineData("""{ "lostRanks": [0, 1, 2, 3, 4, 5, 6, 7] }""", "lostRanks", "at least one left")]
    [InlineData("""{ "lostRanks": [2] }""", "lostRanks = \"2\"", "all ranks of a node", "affinity")]
    [InlineData("""{ "routing": { "synthetic": null } }""", "routing = \"neither\"")]
    [InlineData("""{ "routing": { "trace": "none.safetensors", "synthetic": null } }""", "none.safetensors", "a file that can be read")]
    [InlineData("""{ "routing": { "synthetic": { "tokens": 0 } } }""", "routing.synthetic.tokens = 0")]
    [InlineData("""{ "routing": { "synthetic": { "tokens": 2000000000 } } }""", "routing.synthetic.tokens = 2000000000")]
    [InlineData("""{ "routing": { "synthetic": { "affinity": 1.5, "zipfExponent": -1 } } }""", "affinity = 1.5", "zipfExponent = -1")]
    [InlineData("""{ "routing": { "phase": "both" } }""", "routing.phase = \"both\"")]
    [InlineData("""{ "placement": { "policy": "exflow" } }""", "placement.policy = \"exflow\"", "affinity, contiguous")]
    [InlineData("""{ "placement": { "policy": "eplb", "redundant": -8 } }""", "placement.redundant = -8", "0 to 112")]
    [InlineData("""{ "placement": { "redundant": 8 } }""", "placement.redundant = 8", "0 to 0")]
    [InlineData("""{ "placement": { "maxImbalance": 1.1 } }""", "placement.maxImbalance = 1.1", "affinity")]
    [InlineData("""{ "placement": { "policy": "affinity", "iterationLimit": 0 } }""", "placement.iterationLimit = 0")]
    [InlineData("""{ "placement": { "policy": "affinity", "objective": "beauty" } }""", "placement.objective = \"beauty\"")]
    [InlineData("""{ "placement": { "file": "none.json" } }""", "none.json", "a file that can be read")]
    [InlineData("""{ "work": { "tokensPerRank": 0 } }""", "work.tokensPerRank = 0")]
    [InlineData("""{ "work": { "tokensPerRank": 2000000000 } }""", "work.tokensPerRank = 2000000000")]
    [InlineData("""{ "work": { "tokensPerStep": 8 } }""", "work = \"both\"")]
    [InlineData("""{ "work": { "contextTokens": -1, "steps": 0 } }""", "work.contextTokens = -1", "work.steps = 0")]
    [InlineData("""{ "schedule": { "pipelineDegree": 65, "microBatches": 3 } }""", "schedule.pipelineDegree = 65",
        "schedule.microBatches = 3")]
    [InlineData("""{ "schedule": { "capacityFactor": -1 } }""", "schedule.capacityFactor = -1")]
    [InlineData("""{ "schedule": { "backward": true } }""", "work.phase", "prefill with backward")]
    [InlineData("""{ "schedule": { "gradientParts": 2 } }""", "schedule.gradientParts = 2")]
    [InlineData("""{ "schedule": { "communicationSms": 500 } }""", "schedule.communicationSms = 500")]
    [InlineData("""{ "variants": [] }""", "variants = 0")]
    [InlineData("""{ "variants": [{ "name": "a", "description": "x" }, { "name": "a", "description": "y" }], "expect": [], "published": [] }""", "variants[1].name = \"a\"", "each name once")]
    [InlineData("""{ "expect": [{ "measure": "beauty", "variant": "base", "least": 1, "why": "w" }] }""", "expect[0].measure = \"beauty\"",
        "stepSeconds")]
    [InlineData("""{ "expect": [{ "measure": "stepSeconds", "variant": "none", "over": "nor", "least": 1, "why": "w" }] }""",
        "expect[0].variant = \"none\"", "expect[0].over = \"nor\"")]
    [InlineData("""{ "expect": [{ "measure": "stepSeconds", "variant": "base", "least": 2, "most": 1, "why": "w" }] }""",
        "expect[0].least = 2", "at most 1")]
    [InlineData("""{ "expect": [{ "measure": "stepSeconds", "variant": "base", "why": "w" }] }""", "expect[0].least = missing")]
    [InlineData("""{ "expect": [{ "measure": "stepSeconds", "variant": "base", "most": 1e999, "why": "w" }] }""", "expect[0].most",
        "finite")]
    [InlineData("""{ "published": [{ "system": "s" }] }""", "published[0].publishedValue = missing", "published[0].ours = missing")]
    [InlineData("""{ "sweep": { "work.steps": [] } }""", "sweep.work.steps")]
    public void A_fault_is_told_with_its_key(string change, params string[] told)
    {
        var text = JsonMerge.Apply(ScenarioSample.Root, JsonNode.Parse(change))!.ToJsonString();
        var refused = Assert.Throws<InputException>(() => sample.Read(text));
        Assert.All(told, part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
        Assert.All(refused.Faults, fault => Assert.NotEmpty(fault.Allowed));
    }

    [Fact]
    public void Every_fault_is_told_at_once_and_a_shared_one_once()
    {
        var refused = Assert.Throws<InputException>(() => sample.Read(root =>
        {
            root["title"] = "";
            root["work"]!["steps"] = 0;
            root["placement"]!["policy"] = "luck";
            root["variants"]![1]!["schedule"]!["pipelineDegree"] = 0;
            root["variants"]![1]!["cluster"]!["nodes"] = -1;
            root["expect"]![0]!["variant"] = "none";
            root["published"]![0]!["publishedValue"] = JsonNode.Parse("1e999");
        }));
        string[] fields =
        [
            "title", "work.steps", "variants[1].cluster.nodes", "variants[1].schedule.pipelineDegree", "expect[0].variant",
            "published[0].publishedValue",
        ];
        Assert.All(fields, field => Assert.Single(refused.Faults, fault => fault.Field == field));
    }

    [Fact]
    public void A_trace_that_is_not_of_the_model_is_told_by_layers_experts_and_top_k()
    {
        var trace = Path.Combine(sample.Folder, "trace.safetensors");
        var model = sample.Read().Variants[0].Model with { MoeLayerIds = [1, 2], Experts = 8, TopK = 1 };
        Traces.Synthesis.TraceSynthesis.Write(trace, new() { Model = model, Tokens = 50, Sequences = 10 }, TestContext.Current.CancellationToken);
        var refused = Assert.Throws<InputException>(
            () => sample.Read(root => root["routing"] = new JsonObject { ["trace"] = "trace.safetensors" }));
        Assert.Equal(["model.layers", "model.experts", "model.topK"], refused.Faults.Select(f => f.Field)
            .Where(f => f.StartsWith("model", StringComparison.Ordinal)));
        var own = sample.Read(root =>
        {
            root["routing"] = new JsonObject { ["trace"] = "trace.safetensors" };
            root.Remove("model");
            root["cluster"] = "h100-8:2x2";
            root["variants"]!.AsArray().RemoveAt(1);
            (root["expect"], root["published"]) = (new JsonArray(), new JsonArray());
        });
        Assert.Equal(model, own.Variants[0].Model);
    }

    [Fact]
    public void A_recorded_home_outside_the_cluster_is_told_once_for_each_cluster_before_anything_runs()
    {
        var model = sample.Read().Variants[0].Model;
        var trace = Path.Combine(sample.Folder, "homes.safetensors");
        var header = new TraceHeader(model, TraceOrigin.Synthetic, "test", "", ChoiceOrder.ByWeight, []);
        using (var writer = new RoutingTraceWriter(trace, header, 10, TraceColumns.Home))
        {
            var choices = Enumerable.Range(0, 10 * model.Layers * model.TopK).Select(i => (ushort)(i % 16)).ToArray();
            var homes = Enumerable.Range(0, 10).Select(row => (ushort)(row == 5 ? 40 : row % 4)).ToArray();
            int[] sequences = [.. Enumerable.Range(0, 10)], positions = new int[10];
            writer.Append(new TraceRows(choices, sequences, positions, null, null, homes, null));
            writer.Complete();
        }
        Scenario Read(bool recorded) => sample.Read(root => root["routing"] = new JsonObject
        {
            ["trace"] = "homes.safetensors",
            ["recordedHomes"] = recorded,
        });
        var refused = Assert.Throws<InputException>(() => Read(true));
        Assert.Equal(
            [(trace, "home[5]", "40", "0 to 7"), (trace, "home[5]", "40", "0 to 15")],
            refused.Faults.Select(f => (f.File, f.Field, f.Value, f.Allowed.Split(',')[0])));
        Assert.All(refused.Faults, f => Assert.Contains("\"recordedHomes\": false", f.Allowed, StringComparison.Ordinal));
        var seen = new List<bool>();
        StepRunner step = (setting, name, description, placement, cancellation) =>
        {
            lock (seen)
                seen.Add(setting.RecordedHomes);
            return StepSimulation.Run(setting, name, description, placement, cancellation);
        };
        var result = new ScenarioRun(ScenarioSample.Place, step).Run(Read(false), null, TestContext.Current.CancellationToken);
        Assert.Equal([false, false], seen);
        Assert.All(result.Variants, v => Assert.EndsWith("; the routing is shorter and repeats", v.Description, StringComparison.Ordinal));
    }

    [Fact]
    public void A_placement_file_that_overflows_a_rank_is_told()
    {
        var placement = ScenarioSample.Place(sample.Read().Variants[0], null!, TestContext.Current.CancellationToken);
        ExpertPlacementFile.Write(Path.Combine(sample.Folder, "placed.json"), placement);
        Scenario Read(long memory) => sample.Read(root =>
        {
            root["placement"] = new JsonObject { ["file"] = "placed.json" };
            root["cluster"]!["unequalRanks"] = new JsonArray(new JsonObject { ["rank"] = 3, ["memoryBytes"] = memory });
            root["variants"]!.AsArray().RemoveAt(1);
            (root["expect"], root["published"]) = (new JsonArray(), new JsonArray());
        });
        Assert.Single(Read(80_000_000_000).Variants);
        var fault = Assert.Single(Assert.Throws<InputException>(() => Read(100_000)).Faults);
        Assert.Equal("slots", fault.Field);
        Assert.Contains("8 experts on rank 3", fault.Value, StringComparison.Ordinal);
        Assert.StartsWith("at most 0: its memory of 100000 bytes", fault.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_files_are_refused_or_read_and_nothing_else()
    {
        const int cases = 600;
        const long seed = 20_271;
        var read = 0;
        for (var i = 0; i < cases; i++)
        {
            var random = new SeedStream(seed, "mutated scenarios", i);
            var text = i % 2 == 0 ? Scramble(ScenarioSample.Text, random) : Replace(ScenarioSample.Root, random);
            try
            {
                var scenario = sample.Read(text);
                read++;
                SweepPoint.All(scenario, scenario.Swept);
            }
            catch (InputException e)
            {
                Assert.NotEmpty(e.Faults);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, case {i}: {e}\n{text}");
            }
        }
        Assert.InRange(read, 1, cases - 1);
    }

    [Fact]
    public void Odd_swept_values_are_refused_or_read_and_nothing_else()
    {
        string[] paths =
        [
            "seed", "model", "model.experts", "model.dimensions", "routing", "routing.synthetic", "routing.synthetic.tokens", "cluster",
            "cluster.fabric", "cluster.fabric.linkChanges", "placement", "placement.policy", "work", "work.steps", "schedule",
            "schedule.capacityFactor", "schedule.library", "lostRanks", "variants.wide.cluster", "variants.wide.cluster.nodes",
            "variants.wide.work.tokensPerStep", "variants.wide.lostRanks",
        ];
        foreach (var path in paths)
            foreach (var value in Odd)
            {
                var root = ScenarioSample.Root;
                root["sweep"] = new JsonObject { [path] = new JsonArray(JsonNode.Parse(value)) };
                try
                {
                    var scenario = sample.Read(root.ToJsonString().Replace("@@", "\\ud800", StringComparison.Ordinal));
                    SweepPoint.All(scenario, scenario.Swept);
                }
                catch (InputException e)
                {
                    Assert.NotEmpty(e.Faults);
                }
                catch (Exception e)
                {
                    Assert.Fail($"{path} = {value}: {e}");
                }
            }
    }

    /// <summary>Bytes that are cut, doubled or other ones.</summary>
    private static string Scramble(string text, SeedStream random)
    {
        for (var edits = 1 + random.Next(3); edits > 0; edits--)
        {
            var (at, length) = (random.Next(text.Length), random.Next(30));
            length = Math.Min(length, text.Length - at);
            text = random.Next(3) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, text.Substring(at, length)),
                _ => text.Remove(at, 1).Insert(at, ((char)(32 + random.Next(95))).ToString()),
            };
            if (text.Length < 40)
                return text;
        }
        return text;
    }

    /// <summary>Valid JSON in which some values are those that nobody expects.</summary>
    private static string Replace(JsonObject root, SeedStream random)
    {
        for (var edits = 1 + random.Next(3); edits > 0; edits--)
        {
            JsonNode at = root;
            while (true)
            {
                var children = at is JsonObject keys ? keys.Select(k => k.Key).ToArray() : [];
                if (at is JsonArray list && list.Count > 0 && random.Next(4) > 0 && list[random.Next(list.Count)] is { } item
                    && item is JsonObject)
                {
                    at = item;
                    continue;
                }
                if (children.Length == 0)
                    break;
                var key = children[random.Next(children.Length)];
                if (at[key] is JsonObject or JsonArray { Count: > 0 } && random.Next(5) > 0)
                {
                    at = at[key]!;
                    continue;
                }
                at[key] = JsonNode.Parse(Odd[random.Next(Odd.Length)]);
                break;
            }
        }
        return root.ToJsonString().Replace("@@", "\\ud800", StringComparison.Ordinal);
    }

    public void Dispose() => sample.Dispose();
}
