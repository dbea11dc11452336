using System.Buffers.Binary;
using System.Text.Json.Nodes;
using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

public sealed class BadCheckpointTests
{
    private const string Expert = "model.layers.1.mlp.experts.2.up_proj.weight";
    private const string Norm = "model.layers.2.self_attn.k_norm.weight";

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        using var folder = new ModelFolder("olmoe").Rewrite(all =>
        {
            all.Remove(Expert);
            all.Remove("lm_head.weight");
            all[Norm] = all[Norm] with { Shape = [16], Bytes = all[Norm].Bytes[..64] };
            var query = all["model.layers.0.self_attn.q_proj.weight"];
            all["model.layers.0.self_attn.q_proj.weight"] = query with { Type = "I32" };
            all["model.norm.weight"].Floats[5] = float.NaN;
            all["model.layers.0.mlp.experts.7.down_proj.weight"].Floats[^1] = float.PositiveInfinity;
            all["model.layers.0.self_attn.q_proj.bias"] = query with { Shape = [1, 32, 32] };
            return all;
        });
        var message = Refused(folder.Path);
        foreach (var told in (string[])
        [
            $"{Expert} = missing; allowed: a tensor of [20, 32]", "lm_head.weight = missing",
            $"{Norm}.shape = \"[16]\"; allowed: [32] by config.json",
            "model.layers.0.self_attn.q_proj.weight.dtype = \"I32\"; allowed: BF16, F16 or F32", "model.norm.weight = \"NaN or infinite\"",
            "model.layers.0.self_attn.q_proj.bias",
        ])
            Assert.Contains(told, message, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Not_a_number_in_an_expert_is_told_by_the_rank_that_holds_it()
    {
        using var folder = new ModelFolder("olmoe").Rewrite(all =>
        {
            all[Expert].Floats[0] = float.NaN;
            return all;
        });
        Assert.Contains($"{Expert} = \"NaN or infinite\"", Refused(folder.Path), StringComparison.Ordinal);
        var placement = Placements.Contiguous(TransformerConfig.Read(folder.Path), 4);
        Assert.Contains(Expert, Refused(folder.Path, placement, 1), StringComparison.Ordinal);
        using var other = Layouts.Load(folder.Path, placement, 0);
    }

    [Fact]
    public void A_number_that_the_type_of_the_run_cannot_hold_is_told()
    {
        using var folder = new ModelFolder("olmoe").Rewrite(all =>
        {
            all["model.norm.weight"].Floats[5] = 1e9f;
            return all;
        });
        using (Layouts.Load(folder.Path))
            Assert.Contains("model.norm.weight", Refused(folder.Path, type: ScalarType.Float16), StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_that_contradicts_the_tensors_is_told_tensor_by_tensor()
    {
        using var folder = new ModelFolder("olmoe").Configure(c => c["intermediate_size"] = 24);
        Assert.Contains(
            "experts.0.gate_proj.weight.shape = \"[20, 32]\"; allowed: [24, 32] by config.json", Refused(folder.Path),
            StringComparison.Ordinal);
        folder.Configure(c => (c["intermediate_size"], c["num_hidden_layers"]) = (20, 2));
        using (Layouts.Load(folder.Path))
            folder.Configure(c => c["num_hidden_layers"] = 4);
        Assert.Contains("model.layers.3.input_layernorm.weight = missing", Refused(folder.Path), StringComparison.Ordinal);
        folder.Configure(c => (c["num_hidden_layers"], c["num_experts"]) = (3, 7));
        Assert.Contains("mlp.gate.weight.shape", Refused(folder.Path), StringComparison.Ordinal);
        // Sizes that only the configuration claims cost neither memory nor time.
        folder.Configure(c => (c["num_hidden_layers"], c["num_experts"], c["vocab_size"]) = (9_999, 60_000, 16_000_000));
        Assert.Contains("further faults", Refused(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_of_its_own_is_needed_unless_it_is_tied()
    {
        using var folder = new ModelFolder("qwen3-moe").Configure(c => c["tie_word_embeddings"] = false);
        Assert.Contains("lm_head.weight = missing; allowed: a tensor of [80, 32]", Refused(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_cut_short_or_absent_are_named()
    {
        using var folder = new ModelFolder("qwen3-moe");
        var second = folder["model-00002-of-00002.safetensors"];
        using (var stream = File.OpenWrite(second))
            stream.SetLength(stream.Length - 4);
        Assert.Contains("cut short", Refused(folder.Path), StringComparison.Ordinal);
        File.Delete(second);
        Assert.Contains("model-00002-of-00002.safetensors", Refused(folder.Path), StringComparison.Ordinal);
        File.Delete(folder["model.safetensors.index.json"]);
        Assert.Contains("model.safetensors.index.json and the files that it names", Refused(folder.Path), StringComparison.Ordinal);
        File.Delete(folder["config.json"]);
        Assert.Contains("config.json", Refused(folder.Path), StringComparison.Ordinal);
        Assert.Contains("a folder with config.json", Refused(folder["nowhere"]), StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_that_contradicts_its_files_is_refused()
    {
        using var folder = new ModelFolder("qwen3-moe");
        var index = folder["model.safetensors.index.json"];
        var content = JsonNode.Parse(File.ReadAllText(index))!.AsObject();
        var map = content["weight_map"]!.AsObject();
        map["model.norm.weight"] = "model-00001-of-00002.safetensors";
        File.WriteAllText(index, content.ToJsonString());
        Assert.Contains("weight_map.model.norm.weight", Refused(folder.Path), StringComparison.Ordinal);
        map["model.norm.weight"] = "../elsewhere.safetensors";
        map["model.embed_tokens.weight"] = 3;
        File.WriteAllText(index, content.ToJsonString());
        var message = Refused(folder.Path);
        Assert.Contains("../elsewhere.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("weight_map.model.embed_tokens.weight", message, StringComparison.Ordinal);
        File.WriteAllText(index, "{}");
        Assert.Contains("weight_map = missing", Refused(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_header_is_refused_whatever_the_damage()
    {
        using var folder = new ModelFolder("mixtral");
        var good = File.ReadAllBytes(folder["model.safetensors"]);
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(good);
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new SeedStream(seed, "damage");
            var bad = good.ToArray();
            for (var i = 0; i <= random.Next(4); i++)
                bad[8 + random.Next(header)] = (byte)random.Next(256);
            File.WriteAllBytes(folder["model.safetensors"], bad);
            try
            {
                Layouts.Load(folder.Path).Dispose();
            }
            catch (InputException)
            {
                // Damage to a number of no consequence may pass; no other exception may.
            }
        }
    }

    [Fact]
    public void A_placement_of_another_model_is_refused()
    {
        using var folder = new ModelFolder("olmoe");
        var config = TransformerConfig.Read(folder.Path);
        var message = Refused(folder.Path, Placements.Contiguous(config with { Experts = 12, MoeLayerIds = [0, 1] }, 4), 4);
        Assert.Contains("experts = 12", message, StringComparison.Ordinal);
        Assert.Contains("moeLayerIds", message, StringComparison.Ordinal);
        Assert.Contains("ranks = 4", message, StringComparison.Ordinal);
    }

    private static string Refused(string folder, ExpertPlacement? placement = null, int rank = 0, ScalarType type = ScalarType.Float32) =>
        Assert.Throws<InputException>(() => Layouts.Load(folder, placement, rank, type)).Message;
}
