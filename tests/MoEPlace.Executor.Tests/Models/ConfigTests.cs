using System.Text.Json.Nodes;
using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Tests.Shared;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

public sealed class ConfigTests
{
    [Theory]
    [InlineData("mixtral", "sliding_window", "4096")]
    [InlineData("qwen3-moe", "use_sliding_window", "true")]
    [InlineData("qwen3-moe", "layer_types", """["full_attention", "sliding_attention"]""")]
    [InlineData("qwen3-moe", "attention_bias", "true")]
    [InlineData("qwen3-moe", "shared_expert_intermediate_size", "64")]
    [InlineData("olmoe", "hidden_act", "\"gelu\"")]
    [InlineData("olmoe", "attn_logit_softcapping", "30.0")]
    [InlineData("olmoe", "partial_rotary_factor", "0.5")]
    [InlineData("olmoe", "quantization_config", """{"quant_method": "fp8"}""")]
    [InlineData("olmoe", "model_type", "\"qwen2_moe\"")]
    [InlineData("olmoe", "num_key_value_heads", "3")]
    [InlineData("olmoe", "rms_norm_eps", "null")]
    [InlineData("olmoe", "rope_theta", "null")]
    [InlineData("olmoe", "clip_qkv", "\"much\"")]
    [InlineData("deepseek-v2-lite", "scoring_func", "\"sigmoid\"")]
    [InlineData("deepseek-v2-lite", "topk_method", "\"noaux_tc\"")]
    [InlineData("deepseek-v2-lite", "norm_topk_prob", "true")]
    [InlineData("deepseek-v2-lite", "kv_lora_rank", "null")]
    [InlineData("deepseek-v2-lite", "qk_rope_head_dim", "15")]
    [InlineData("deepseek-v3", "scoring_func", "\"softmax\"")]
    [InlineData("deepseek-v3", "n_group", "3")]
    [InlineData("deepseek-v3", "n_group", "8")]
    [InlineData("deepseek-v3", "topk_group", "5")]
    [InlineData("deepseek-v3", "topk_group", "1")]
    public void What_is_not_computed_is_refused_by_name(string layout, string key, string value)
    {
        using var folder = new ModelFolder(layout).Configure(c => c[key] = JsonNode.Parse(value));
        Assert.Contains($": {key}", Refused(folder.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type", "\"dynamic\"")]
    [InlineData("type", "\"longrope\"")]
    [InlineData("factor", "null")]
    [InlineData("factor", "0.5")]
    [InlineData("factor", "1e999")]
    [InlineData("beta_fast", "0.1")]
    [InlineData("original_max_position_embeddings", "0")]
    [InlineData("partial_rotary_factor", "0.25")]
    public void What_is_wrong_with_rotary_positions_is_told_with_its_path(string key, string value)
    {
        using var folder = new ModelFolder("deepseek-v2-lite").Configure(c => c["rope_scaling"]![key] = JsonNode.Parse(value));
        Assert.Contains($"rope_scaling.{key}", Refused(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_a_configuration_are_told_together()
    {
        using var folder = new ModelFolder("mixtral").Configure(c =>
            (c["hidden_act"], c["sliding_window"], c["rope_theta"], c["hidden_size"]) = ("relu", 128, "far", "wide"));
        var message = Refused(folder.Path);
        foreach (var key in (string[])["hidden_act", "sliding_window", "hidden_size"])
            Assert.Contains(key, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rotary_positions_read_alike_from_old_keys_and_new_ones()
    {
        using var folder = new ModelFolder("deepseek-v2-lite");
        var old = TransformerConfig.Read(folder.Path);
        folder.Configure(c =>
        {
            var parameters = c["rope_scaling"]!.DeepClone().AsObject();
            parameters["rope_type"] = "yarn";
            parameters.Remove("type");
            parameters["rope_theta"] = c["rope_theta"]!.DeepClone();
            c.Remove("rope_theta");
            c.Remove("rope_scaling");
            c["rope_parameters"] = parameters;
            c["dtype"] = "bfloat16";
            c.Remove("torch_dtype");
        });
        Assert.Equal(old.Rotary, TransformerConfig.Read(folder.Path).Rotary);
        Assert.Equal(1.0, old.Rotary.Yarn!.CosineFactor, 1e-12);
        Assert.Equal(Math.Pow(0.0707 * Math.Log(4) + 1, 2), old.Rotary.Yarn.ScoreFactor, 1e-12);
    }

    [Fact]
    public void Published_configurations_are_read_or_refused_by_name()
    {
        var qwen = TransformerConfig.Read(Published("Qwen--Qwen3-30B-A3B_config.json"));
        Assert.Equal((48, 128, 8, true), (qwen.HiddenLayers, qwen.Experts, qwen.Gate.Choices, qwen.Gate.Renormalise));
        Assert.Equal((128, 1e6), (qwen.Attention.HeadSize, qwen.Rotary.Theta));
        var mixtral = TransformerConfig.Read(Published("mistralai--Mixtral-8x7B-v0.1_config.json"));
        Assert.Equal((ModelLayout.Mixtral, GateScoring.SoftmaxOfChosen), (mixtral.Layout, mixtral.Gate.Scoring));
        var olmoe = TransformerConfig.Read(Published("moelrc--olmoe.json"));
        Assert.Equal((QueryKeyNorm.Projection, false), (olmoe.Attention.Norm, olmoe.Gate.Renormalise));
        var lite = TransformerConfig.Read(Published("infsim--deepseek-v2-lite.json"));
        Assert.Equal((576, 2816, 26), (lite.Attention.CacheWidth, lite.SharedSize, lite.MoeLayerIds.Length));
        Assert.Equal(lite.Attention.CacheWidth * 2, lite.ToModel(2).Dimensions!.KeyValueBytesPerTokenLayer);
        Assert.Contains(
            "quantization_config", Refused(Published("deepseek-ai--DeepSeek-V3_config.json")), StringComparison.Ordinal);
        Assert.Contains("model_type", Refused(Published("openai--gpt-oss-20b_config.json")), StringComparison.Ordinal);
    }

    private static string Published(string file) => SharedData.Path("models", "configs", file);

    private static string Refused(string path) => Assert.Throws<InputException>(() => TransformerConfig.Read(path)).Message;
}
