using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Placement.EngineMaps;
using Xunit;

namespace MoEPlace.Placement.Tests.EngineMaps;

public sealed class EngineMapRoundTripTests : IDisposable
{
    private static readonly MoEModel DeepSeekV2Lite = new("deepseek-v2-lite", 27, [.. Enumerable.Range(1, 26)], 64, 6);
    private static readonly MoEModel DeepSeekV3 = new("deepseek-v3", 61, [.. Enumerable.Range(3, 58)], 256, 8);
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");

    public void Dispose() => folder.Delete(recursive: true);

    public static TheoryData<string, string, int> Cases()
    {
        var cases = new TheoryData<string, string, int>();
        foreach (var engine in EngineMapFile.Engines)
            foreach (var (model, redundant) in new[] { ("deepseek-v2-lite", 0), ("deepseek-v2-lite", 16), ("deepseek-v3", 0), ("deepseek-v3", 32) })
                if (redundant == 0 || engine != ExFlowMap.Engine)
                    cases.Add(engine, model, redundant);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_engine_gives_the_placement_back_slot_by_slot(string engine, string name, int redundant)
    {
        var model = name == DeepSeekV3.Name ? DeepSeekV3 : DeepSeekV2Lite;
        var (nodes, ranksPerNode) = model == DeepSeekV3 ? (4, 8) : (1, 8);
        var placement = PlacementSamples.Random(new SeedStream(7, engine, redundant), model, nodes, ranksPerNode, redundant);
        var path = Path.Combine(folder.FullName, "new", "map");
        EngineMapFile.Write(engine, path, placement);
        var again = EngineMapFile.Read(engine, path, EngineMapContext.Of(model, nodes, ranksPerNode));
        Assert.Equal(placement, again);
        Assert.Equal((model.Name, engine), (again.Model, again.Provenance.Policy));
        Assert.Equal(["map"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName));
    }

    [Fact]
    public void Random_small_shapes_survive_every_engine()
    {
        var random = new SeedStream(8, "engine shapes");
        for (var run = 0; run < 60; run++)
        {
            var (nodes, ranksPerNode, dense) = (1 + random.Next(3), 1 + random.Next(3), random.Next(3));
            var ranks = nodes * ranksPerNode;
            var model = PlacementSamples.Model(1 + random.Next(3), ranks * (1 + random.Next(3)), dense);
            var redundant = ranks == 1 ? 0 : ranks * random.Next(3);
            redundant = Math.Min(redundant, model.Experts * (ranks - 1));
            var placement = PlacementSamples.Random(random, model, nodes, ranksPerNode, redundant);
            foreach (var engine in EngineMapFile.Engines.Where(e => redundant == 0 || e != ExFlowMap.Engine))
            {
                var path = Path.Combine(folder.FullName, $"{run}-{engine}");
                EngineMapFile.Write(engine, path, placement);
                Assert.True(placement.Equals(EngineMapFile.Read(engine, path, EngineMapContext.Of(placement))), $"run {run}, {engine}");
            }
        }
    }

    [Fact]
    public void Sglang_gets_one_key_and_a_row_for_every_layer_of_the_model()
    {
        var placement = PlacementSamples.Random(new SeedStream(9, "sglang"), DeepSeekV2Lite, 1, 8, 16);
        var path = Path.Combine(folder.FullName, "sglang.json");
        SglangMap.Write(path, placement);
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var only = Assert.Single(document.RootElement.EnumerateObject());
        Assert.Equal("physical_to_logical_map", only.Name);
        var rows = only.Value.EnumerateArray().Select(row => row.EnumerateArray().Select(e => e.GetInt32()).ToArray()).ToArray();
        Assert.Equal(27, rows.Length);
        Assert.Equal([.. Enumerable.Range(0, 64), .. Enumerable.Range(0, 16)], rows[0]);
        Assert.Equal(placement.ToSlots()[25].SelectMany(rank => rank), rows[26]);
    }

    [Fact]
    public void Tensorrt_llm_goes_by_model_layer_and_vllm_by_moe_layer()
    {
        var placement = PlacementSamples.Random(new SeedStream(9, "numbering"), PlacementSamples.Model(2, 4, denseFirst: 3), 1, 2);
        var rows = placement.ToSlots().Select(layer => layer.SelectMany(rank => rank).ToArray()).ToArray();
        var path = Path.Combine(folder.FullName, "map");
        TensorRtLlmMap.Write(path, placement);
        Assert.Equal(
            $"num_slots: 4\ninitial_global_assignments:\n  3: [{string.Join(", ", rows[0])}]\n  4: [{string.Join(", ", rows[1])}]\nlayer_updates_per_iter: 0\n",
            File.ReadAllText(path));
        VllmMap.Write(path, placement);
        Assert.Equal(
            $$$"""{"record_type":"eplb_initial_mapping","version":1,"num_redundant_experts":0,"num_slots":4,"initial_global_assignments":{"0":[{{{string.Join(',', rows[0])}}}],"1":[{{{string.Join(',', rows[1])}}}]}}""" + "\n",
            File.ReadAllText(path));
    }

    [Fact]
    public void Hand_written_maps_of_four_engines_hold_the_same_placement()
    {
        ImmutableArray<ImmutableArray<ImmutableArray<int>>> slots = [[[3, 1, 0], [2, 1, 0]], [[0, 2, 1], [3, 2, 0]]];
        foreach (var engine in EngineMapFile.Engines.Where(e => e != ExFlowMap.Engine))
        {
            var read = EngineMapSamples.Parse(engine, EngineMapSamples.Text(engine)).ToSlots();
            Assert.Equal(slots.SelectMany(layer => layer).Select(r => r.ToArray()), read.SelectMany(layer => layer).Select(r => r.ToArray()));
        }
    }

    [Fact]
    public void Exflow_rows_may_stand_in_any_order()
    {
        var placement = EngineMapSamples.Parse("exflow", EngineMapSamples.ExFlow.Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal([[3, 1], [0, 2], [1, 2], [3, 0]], placement.ToSlots().SelectMany(layer => layer).Select(rank => rank.ToArray()));
    }

    [Fact]
    public void Ranks_with_different_slots_are_refused_and_nothing_is_written()
    {
        var placement = new ExpertPlacement("test", 2, [0, 1], 3, 1, 2, [[[0, 1], [2]], [[0, 1], [1, 2]]], PlacementSamples.Provenance);
        foreach (var engine in EngineMapFile.Engines)
        {
            var path = Path.Combine(folder.FullName, engine);
            var faults = Assert.Throws<InputException>(() => EngineMapFile.Write(engine, path, placement)).Faults;
            Assert.Equal(engine == ExFlowMap.Engine ? "slots" : "slots[0][1]", faults[0].Field);
            Assert.False(File.Exists(path));
        }
    }

    [Fact]
    public void An_unknown_engine_is_refused_with_the_known_ones()
    {
        var fault = Assert.Single(Assert.Throws<InputException>(() => EngineMapFile.Read("deepspeed", "map", EngineMapSamples.Context)).Faults);
        Assert.Equal("sglang, trtllm, vllm, vllm-ascend, exflow", fault.Allowed);
        var placement = EngineMapSamples.Parse("sglang", EngineMapSamples.Sglang);
        Assert.Throws<InputException>(() => EngineMapFile.Write("omni", "map", placement));
    }

    [Fact]
    public void A_missing_file_and_a_file_too_long_are_refused()
    {
        foreach (var engine in EngineMapFile.Engines)
            Assert.Throws<InputException>(() => EngineMapFile.Read(engine, Path.Combine(folder.FullName, "none"), EngineMapSamples.Context));
        var path = Path.Combine(folder.FullName, "long");
        using (var stream = File.Create(path))
            stream.SetLength(65L << 20);
        Assert.Equal("size", Assert.Throws<InputException>(() => SglangMap.Read(path, EngineMapSamples.Context)).Faults[0].Field);
    }

    [Fact]
    public void A_context_out_of_range_is_refused()
    {
        var faults = Assert.Throws<InputException>(() => new EngineMapContext("test", 3, [2, 1], 4, 0, 2)).Faults;
        Assert.Equal(["nodes", "moeLayerIds[1]"], faults.Select(f => f.Field));
        Assert.Equal(new EngineMapContext("test", 3, [1, 2], 4, 1, 2), EngineMapSamples.Context);
    }
}
