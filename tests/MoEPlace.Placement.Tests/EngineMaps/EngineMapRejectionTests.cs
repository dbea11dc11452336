using System.Text;
using Xunit;

namespace MoEPlace.Placement.Tests.EngineMaps;

public sealed class EngineMapRejectionTests
{
    [Theory]
    // SGLang
    [InlineData("sglang", "]]}", "]], \"logical_count\": []}", "$")]
    [InlineData("sglang", "physical_to_logical_map", "logical_count", "$")]
    [InlineData("sglang", "\"physical_to_logical_map\": [[0,1,2,3,0,1], [3,1,0,2,1,0], [0,2,1,3,2,0]]", "", "$.physical_to_logical_map")]
    [InlineData("sglang", "[3,1,0,2,1,0], ", "", "physical_to_logical_map")]
    [InlineData("sglang", "[3,1,0,2,1,0]", "[3,1,0,2,1]", "physical_to_logical_map[1]")]
    [InlineData("sglang", "[3,1,0,2,1,0]", "[3,1,0,2,1,4]", "physical_to_logical_map[1][5]")]
    [InlineData("sglang", "[3,1,0,2,1,0]", "[3,1,0,2,0,0]", "physical_to_logical_map[1][5]")]
    [InlineData("sglang", "[3,1,0,2,1,0]", "[3,1,0,1,3,0]", "physical_to_logical_map[1]")]
    [InlineData("sglang", "[3,1,0,2,1,0]", "[3,1,0,2,1,\"0\"]", "physical_to_logical_map[1][5]")]
    [InlineData("sglang", "[3,1,0,2,1,0]", "[3,1,0,2,1,0.0]", "physical_to_logical_map[1][5]")]
    [InlineData("sglang", "[3,1,0,2,1,0]", "7", "physical_to_logical_map[1]")]
    [InlineData("sglang", "[0,1,2,3,0,1]", "[0,1,2,2,0,1]", "physical_to_logical_map[0]")]
    [InlineData("sglang", "[0,1,2,3,0,1]", "[0,1,2,3,0,-1]", "physical_to_logical_map[0][5]")]
    [InlineData("sglang", "[0,1,2,3,0,1]", "[0,1,2,3,0]", "physical_to_logical_map[0] entries")]
    // vLLM
    [InlineData("vllm", "\"version\":1,\"step\":0", "\"version\":2,\"step\":0", "line 3 version")]
    [InlineData("vllm", "\"step\":0", "\"step\":-1", "line 3 step")]
    [InlineData("vllm", "\"num_redundant_experts\":2", "\"num_redundant_experts\":1", "line 3 num_redundant_experts")]
    [InlineData("vllm", "\"num_slots\":6", "\"num_slots\":7", "line 3 num_slots")]
    [InlineData("vllm", "\"num_slots\":6", "\"num_slots\":2", "line 3 num_slots")]
    [InlineData("vllm", "\"num_slots\":6,", "", "line 3.num_slots")]
    [InlineData("vllm", "\"num_slots\":6", "\"num_slots\":6,\"policy\":1", "line 3")]
    [InlineData("vllm", "\"1\":[", "\"2\":[", "line 3 initial_global_assignments")]
    [InlineData("vllm", "\"1\":[", "\"01\":[", "line 3 initial_global_assignments")]
    [InlineData("vllm", "\"1\":[0,", "\"1\":[4,", "line 3 initial_global_assignments.1[0]")]
    [InlineData("vllm", "eplb_load_stats", "eplb_other", "line 2 record_type")]
    [InlineData("vllm", "eplb_initial_mapping", "eplb_load_stats", "record_type")]
    [InlineData("vllm", "session_metadata\",", "session_metadata\",,", "line 1")]
    // vllm-ascend
    [InlineData("vllm-ascend", "\"moe_layer_count\":2", "\"moe_layer_count\":3", "moe_layer_count")]
    [InlineData("vllm-ascend", "\"moe_layer_count\":2", "\"moe_layer_count\":2,\"x\":0", "$")]
    [InlineData("vllm-ascend", "\"layer_id\":1", "\"layer_id\":2", "layer_list[1].layer_id")]
    [InlineData("vllm-ascend", "\"layer_id\":1,\"device_count\":2", "\"layer_id\":1,\"device_count\":3", "layer_list[1].device_count")]
    [InlineData("vllm-ascend", "{\"device_id\":1,\"device_expert\":[3,2,0]}", "{\"device_id\":0,\"device_expert\":[3,2,0]}", "layer_list[1].device_list[1].device_id")]
    [InlineData("vllm-ascend", ",{\"device_id\":1,\"device_expert\":[3,2,0]}", "", "layer_list[1].device_list")]
    [InlineData("vllm-ascend", "[3,2,0]", "[3,2]", "layer_list[1].device_list[1].device_expert")]
    [InlineData("vllm-ascend", "[3,2,0]", "[3,2,2]", "layer_list[1].device_list[1].device_expert[2]")]
    [InlineData("vllm-ascend", "[3,2,0]", "[1,2,0]", "layer_list[1]")]
    // TensorRT-LLM
    [InlineData("trtllm", "num_slots: 6", "num_slots: 5", "num_slots")]
    [InlineData("trtllm", "num_slots: 6", "num_slots: 06", "num_slots")]
    [InlineData("trtllm", "num_slots: 6", "num_slots: 8", "initial_global_assignments.1")]
    [InlineData("trtllm", "num_slots: 6\n", "", "num_slots")]
    [InlineData("trtllm", "num_slots: 6", "num_slots: 6\nnum_slots: 6", "num_slots")]
    [InlineData("trtllm", "num_slots: 6", "num_slots: 6\nstrategy: best", "file")]
    [InlineData("trtllm", "num_slots: 6", "num_slots: \"6\"", "num_slots (line 3)")]
    [InlineData("trtllm", "num_slots: 6", "num_slots: &a 6", "num_slots (line 3)")]
    [InlineData("trtllm", "ep_size: 2", "ep_size: 4", "ep_size")]
    [InlineData("trtllm", "  1: [", "  0: [", "initial_global_assignments")]
    [InlineData("trtllm", "  1: [", "  2: [", "initial_global_assignments.2")]
    [InlineData("trtllm", "1, 0]", "1, 4]", "initial_global_assignments.1[5]")]
    [InlineData("trtllm", "1, 0]", "1, x]", "initial_global_assignments.1[5]")]
    [InlineData("trtllm", "1, 0]", "1]", "initial_global_assignments.1")]
    [InlineData("trtllm", "[3, 1, 0, 2, 1, 0]", "3", "initial_global_assignments.1 (line 5)")]
    [InlineData("trtllm", "layer_updates_per_iter: 0", "layer_updates_per_iter: -1", "layer_updates_per_iter")]
    [InlineData("trtllm", "layer_updates_per_iter: 0", "layer_updates_per_iter: 0\n---\na: 1", "file (line 14)")]
    [InlineData("trtllm", "0]\n  2:\n", "0 ", "after line 5")]
    [InlineData("trtllm", "1: [3", "1: !!st[ 3", "after line 5")]
    [InlineData("trtllm", "1: [3", "1: {3", "initial_global_assignments.1 (line 5)")]
    // ExFlow
    [InlineData("exflow", "Expert,Node", "Node,Expert", "line 1")]
    [InlineData("exflow", "7,1\n", "", "rows")]
    [InlineData("exflow", "7,1\n", "8,1\n", "line 2 Expert")]
    [InlineData("exflow", "7,1\n", "6,1\n", "line 9 Expert")]
    [InlineData("exflow", "7,1\n", "7,2\n", "line 2 Node")]
    [InlineData("exflow", "7,1\n", "7;1\n", "line 2")]
    [InlineData("exflow", "7,1\n", "7,1,0\n", "line 2 Node")]
    public void A_broken_rule_is_named_with_its_field(string engine, string old, string replacement, string field)
    {
        var text = EngineMapSamples.Text(engine);
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, "the sample has the text to replace");
        var broken = string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + old.Length));
        var faults = Assert.Throws<InputException>(() => EngineMapSamples.Parse(engine, broken)).Faults;
        Assert.Equal(field, faults[0].Field);
        Assert.All(faults, fault => Assert.Equal("map", fault.File));
    }

    [Theory]
    [InlineData("sglang")]
    [InlineData("vllm")]
    [InlineData("vllm-ascend")]
    [InlineData("trtllm")]
    [InlineData("exflow")]
    public void Content_that_is_no_map_at_all_is_refused(string engine)
    {
        byte[][] contents =
        [
            [], "\n"u8.ToArray(), "null"u8.ToArray(), "[]"u8.ToArray(), "{}"u8.ToArray(), "- 1"u8.ToArray(), "1"u8.ToArray(), [0xFF, 0xFE, 0, 0],
            Encoding.UTF8.GetBytes(new string('[', 200_000)), Encoding.UTF8.GetBytes(new string('{', 200_000)),
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))), Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("- ", 100_000))),
            "a: &a [*a, *a]"u8.ToArray(), "? [a]\n: b"u8.ToArray(), "{\"\\ud800\": 1}"u8.ToArray(), "{\"\xC3\": 1}"u8.ToArray(),
            "{\"record_type\": \"\\ud800\"}"u8.ToArray(), "{\"\\ud800\": 1, \"\\ud800\": 2}"u8.ToArray(), "num_slots: 6\n? "u8.ToArray(),
            [.. "{\"record_type\":\""u8, 0xC3, .. "\"}"u8], "!!int 3"u8.ToArray(), "%YAML 9.9\n---\na"u8.ToArray(),
        ];
        foreach (var content in contents)
            Assert.NotEmpty(Assert.Throws<InputException>(() => EngineMapSamples.Parse(engine, content)).Faults);
    }

    [Fact]
    public void All_faults_of_a_file_are_told_at_once()
    {
        var broken = EngineMapSamples.Sglang.Replace("[3,1,0,2,1,0]", "[3,9,0,2,1,null]", StringComparison.Ordinal)
            .Replace("[0,2,1,3,2,0]", "[0,0,1,3,2]", StringComparison.Ordinal)
            .Replace("]]}", "]],\"x\":1}", StringComparison.Ordinal);
        var faults = Assert.Throws<InputException>(() => EngineMapSamples.Parse("sglang", broken)).Faults;
        Assert.Equal(["$", "physical_to_logical_map[1][5]", "physical_to_logical_map[2]"], faults.Select(f => f.Field));
    }

    [Fact]
    public void A_list_far_too_long_is_refused()
    {
        var row = string.Join(", ", Enumerable.Repeat(7, 500_000));
        (string Engine, string Old)[] places = [("sglang", "3,1,0,2,1,0"), ("vllm", "3,1,0,2,1,0"), ("vllm-ascend", "3,1,0"), ("trtllm", "3, 1, 0, 2, 1, 0")];
        foreach (var (engine, old) in places)
        {
            var text = EngineMapSamples.Text(engine).Replace(old, row, StringComparison.Ordinal);
            Assert.Throws<InputException>(() => EngineMapSamples.Parse(engine, text));
        }
    }

    [Fact]
    public void A_second_mapping_in_one_file_is_refused()
    {
        var mapping = EngineMapSamples.Vllm.Split('\n')[2];
        var fault = Assert.Single(Assert.Throws<InputException>(() => EngineMapSamples.Parse("vllm", $"{mapping}\n\n{mapping}")).Faults);
        Assert.Equal("line 3", fault.Field);
    }

    [Fact]
    public void Exflow_refuses_ranks_that_do_not_divide_the_experts()
    {
        var context = new Placement.EngineMaps.EngineMapContext("test", 1, [0], 4, 3, 1);
        var fault = Assert.Single(Assert.Throws<InputException>(
            () => Placement.EngineMaps.ExFlowMap.Parse("Expert,Node\n0,0\n1,1\n2,2\n3,0\n"u8.ToArray(), "map", context)).Faults);
        Assert.Equal("ranks", fault.Field);
    }
}
