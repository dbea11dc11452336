using System.Text.Json.Nodes;
using MoEPlace.Executor.Gates;

namespace MoEPlace.Executor.Training;

/// <summary>The <c>config.json</c> of a model that is made here: the layout <c>qwen3_moe</c> over a vocabulary of bytes.</summary>
public static class ByteModelConfig
{
    /// <summary>The configuration.</summary>
    /// <param name="options">Its sizes and its gate; <c>moeplace_gate</c> stands there unless it is the layout's own.</param>
    public static JsonObject Of(TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray("Qwen3MoeForCausalLM"),
            ["model_type"] = "qwen3_moe",
            ["vocab_size"] = Corpus.Vocabulary,
            ["hidden_size"] = options.Hidden,
            ["intermediate_size"] = options.Intermediate,
            ["moe_intermediate_size"] = options.Intermediate,
            ["num_hidden_layers"] = options.Layers,
            ["num_experts"] = options.Experts,
            ["num_experts_per_tok"] = options.TopK,
            ["norm_topk_prob"] = true,
            ["decoder_sparse_step"] = 1,
            ["mlp_only_layers"] = new JsonArray(),
            ["num_attention_heads"] = options.Heads,
            ["num_key_value_heads"] = options.KeyValueHeads,
            ["head_dim"] = options.Hidden / options.Heads,
            ["attention_bias"] = false,
            ["hidden_act"] = "silu",
            ["max_position_embeddings"] = options.Length,
            ["rope_theta"] = 10000.0,
            ["rms_norm_eps"] = 1e-6,
            ["initializer_range"] = 0.02,
            ["tie_word_embeddings"] = false,
            ["use_sliding_window"] = false,
            ["router_aux_loss_coef"] = options.Gate.BalanceCoefficient,
            ["torch_dtype"] = "bfloat16",
        };
        if (options.Gate.Kind != GateKind.TopK)
            config["moeplace_gate"] = GateOptionsJson.Write(options.Gate);
        return config;
    }
}
