using System.Text.Json;
using MoEPlace.Executor.Gates;
using MoEPlace.Traces.Models;

namespace MoEPlace.Executor.Models;

/// <summary>Which keys of a <c>config.json</c> tell what, by layout; and which of them ask for what is not computed here.</summary>
internal static class LayoutKeys
{
    private const string Known = "mixtral, qwen3_moe, olmoe, deepseek_v2 or deepseek_v3";

    /// <summary>The layout; a fault where <c>model_type</c> is none that is computed here.</summary>
    internal static ModelLayout LayoutOf(ConfigObject c)
    {
        var type = c.Text("model_type");
        switch (type)
        {
            case "mixtral":
                return ModelLayout.Mixtral;
            case "qwen3_moe":
                return ModelLayout.Qwen3Moe;
            case "olmoe":
                return ModelLayout.Olmoe;
            case "deepseek_v2":
                return ModelLayout.DeepSeekV2;
            case "deepseek_v3":
                return ModelLayout.DeepSeekV3;
            default:
                c.Refuse("model_type", type, Known);
                return default;
        }
    }

    internal static TransformerConfig Read(ConfigObject c, JsonElement root, ModelLayout layout, MoEModel model)
    {
        var sizes = model.Dimensions!;
        var attention = Attention(c, layout, sizes);
        var positions = c.Size("max_position_embeddings");
        var other = root.TryGetProperty("moeplace_gate", out var gate) ? GateOptionsJson.Read(gate, c.Faults, model.Experts, model.TopK) : null;
        return new TransformerConfig
        {
            Name = model.Name,
            Layout = layout,
            VocabularySize = sizes.VocabularySize,
            HiddenSize = sizes.HiddenSize,
            HiddenLayers = model.HiddenLayers,
            MoeLayerIds = model.MoeLayerIds,
            Experts = model.Experts,
            ExpertSize = sizes.ExpertIntermediateSize,
            SharedSize = sizes.SharedIntermediateSize,
            DenseSize = sizes.DenseIntermediateSize,
            MaxPositions = positions,
            NormEpsilon = c.Real("rms_norm_eps", 0, 1, null),
            TiedHead = c.Flag("tie_word_embeddings", false),
            InitialDeviation = c.Real("initializer_range", 0, 1, 0.02),
            Attention = attention,
            Rotary = RotaryKeys.Read(c, layout, attention, positions),
            Gate = Gate(c, layout, model),
            OtherGate = other?.Kind == GateKind.TopK ? null : other,
            Json = root.GetRawText(),
            Choices = model.TopK,
        };
    }

    private static AttentionConfig Attention(ConfigObject c, ModelLayout layout, ModelDimensions sizes)
    {
        var latent = layout is ModelLayout.DeepSeekV2 or ModelLayout.DeepSeekV3;
        if (latent)
            c.Size("kv_lora_rank");
        else if (sizes.AttentionHeads % sizes.KeyValueHeads != 0)
            c.Refuse("num_key_value_heads", sizes.KeyValueHeads, $"a divisor of num_attention_heads ({sizes.AttentionHeads})");
        return new AttentionConfig
        {
            Heads = sizes.AttentionHeads,
            KeyValueHeads = sizes.KeyValueHeads,
            HeadSize = sizes.HeadSize,
            ValueHeadSize = sizes.ValueHeadSize,
            KeyValueLatentSize = sizes.KeyValueLatentSize,
            QueryLatentSize = sizes.QueryLatentSize,
            RotaryHeadSize = sizes.RotaryHeadSize,
            Norm = layout switch
            {
                ModelLayout.Qwen3Moe => QueryKeyNorm.Head,
                ModelLayout.Olmoe => QueryKeyNorm.Projection,
                _ => QueryKeyNorm.None,
            },
            Clip = layout == ModelLayout.Olmoe && c.Has("clip_qkv") ? c.Real("clip_qkv", 0, 1e9, null) : null,
        };
    }

    private static TopKConfig Gate(ConfigObject c, ModelLayout layout, MoEModel model)
    {
        var plain = new TopKConfig { Choices = model.TopK, BalanceCoefficient = c.Real("router_aux_loss_coef", 0, 1e6, 0.001) };
        switch (layout)
        {
            case ModelLayout.Mixtral:
                return plain with { Scoring = GateScoring.SoftmaxOfChosen };
            case ModelLayout.Qwen3Moe or ModelLayout.Olmoe:
                return plain with { Renormalise = c.Flag("norm_topk_prob", false) };
        }
        var v3 = layout == ModelLayout.DeepSeekV3;
        Expect(c, "scoring_func", v3 ? "sigmoid" : "softmax");
        var method = v3 ? Expect(c, "topk_method", "noaux_tc") : Expect(c, "topk_method", "greedy", "group_limited_greedy");
        var scale = c.Real("routed_scaling_factor", 0, 1e6, 1);
        var renormalise = c.Flag("norm_topk_prob", v3);
        if (!v3 && renormalise && scale != 1)
            c.Refuse("norm_topk_prob", true, "false where routed_scaling_factor is not 1: whether it then applies is not agreed");
        var (groups, kept) = method == "greedy" ? (1, 1) : (c.SizeOr("n_group", 1), c.SizeOr("topk_group", 1));
        if (model.Experts % groups != 0)
            c.Refuse("n_group", groups, $"a divisor of n_routed_experts ({model.Experts})");
        else if (v3 && groups > 1 && model.Experts / groups < 2)
            c.Refuse("n_group", groups, "groups of at least 2 experts: a group is ranked by its two best");
        else if (kept > groups || (long)kept * (model.Experts / groups) < model.TopK)
            c.Refuse("topk_group", kept, $"at most n_group ({groups}), with num_experts_per_tok ({model.TopK}) experts in them");
        return plain with
        {
            Scoring = v3 ? GateScoring.Sigmoid : GateScoring.Softmax,
            Renormalise = renormalise,
            Scale = scale,
            Bias = v3,
            Groups = groups,
            TopGroups = kept,
            BestOfGroup = v3 ? 2 : 1,
        };
    }

    private static string Expect(ConfigObject c, string key, params ReadOnlySpan<string> allowed)
    {
        var text = c.Text(key) ?? allowed[0];
        if (!allowed.Contains(text))
            c.Refuse(key, text, string.Join(" or ", allowed.ToArray()));
        return text;
    }
}
