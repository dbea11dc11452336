using System.Text.Json;
using MoEPlace.Traces.Models;

namespace MoEPlace.Executor.Models;

/// <summary>Keys of a <c>config.json</c> that would change the forward pass in ways that are not computed here.</summary>
internal static class RefusedKeys
{
    // Off when missing, null, false, 0, or an empty list.
    private static readonly string[] Off =
    [
        "attention_bias", "qkv_bias", "mlp_bias", "use_bias", "attention_sinks", "use_sliding_window", "sliding_window_pattern",
        "attention_chunk_size", "attn_logit_softcapping", "final_logit_softcapping", "router_logit_softcapping", "logit_scale",
        "logits_scaling", "embedding_multiplier", "residual_multiplier", "attention_multiplier", "shared_expert_intermediate_size",
        "quantization_config", "index_topk", "use_parallel_residual", "no_rope_layers", "zero_expert_num", "use_mla_gate", "alibi",
    ];

    internal static void Note(ConfigObject c, JsonElement root, ModelLayout layout)
    {
        foreach (var key in Off)
            if (root.TryGetProperty(key, out var value) && !IsOff(value))
                c.Refuse(key, value.GetRawText(), "left out, false or 0: it is not computed here");
        var activation = c.Text("hidden_act") ?? "silu";
        if (activation is not ("silu" or "swish"))
            c.Refuse("hidden_act", activation, "silu");
        if (c.Real("partial_rotary_factor", 0, 1, 1) is var part and not 1)
            c.Refuse("partial_rotary_factor", part, "1: all of a head turns");
        // Qwen3 names a window that use_sliding_window switches on.
        if (layout != ModelLayout.Qwen3Moe && root.TryGetProperty("sliding_window", out var window) && !IsOff(window))
            c.Refuse("sliding_window", window.GetRawText(), "null: attention to a window is not computed here");
        if (root.TryGetProperty("layer_types", out var types) && types.ValueKind == JsonValueKind.Array)
            foreach (var type in types.EnumerateArray())
                if (type.ValueKind != JsonValueKind.String || type.GetString() != "full_attention")
                    c.Refuse("layer_types", type.GetRawText(), "full_attention in every layer");
    }

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Number => value.TryGetDouble(out var number) && number == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };
}
