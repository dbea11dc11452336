using System.Collections.Immutable;

namespace MoEPlace.Traces.Models;

/// <summary>
/// Which keys of a <c>config.json</c> tell what, by <c>model_type</c>. Layer rules are those of the modelling code that reads the file;
/// an encoder's layers are numbered before its decoder's.
/// </summary>
internal static class ModelFamily
{
    private const string Known =
        "deepseek, deepseek_v2, deepseek_v3, deepseek_v32, kimi_k2, glm4_moe, glm_moe_dsa, mixtral, phimoe, minimax, minimax_m2, gpt_oss, granitemoe, "
        + "qwen2_moe, qwen3_moe, olmoe, llama4, jamba, jetmoe, openmoe, switch_transformers, nllb-moe";

    internal static MoEModel Read(string name, ConfigObject root)
    {
        var type = root.Text("model_type");
        switch (type)
        {
            case "deepseek" or "deepseek_v2" or "deepseek_v3" or "deepseek_v32" or "kimi_k2" or "glm4_moe" or "glm_moe_dsa":
                return DeepSeek(name, root);
            case "mixtral" or "phimoe" or "minimax" or "minimax_m2" or "gpt_oss" or "granitemoe":
                return EveryLayer(name, root, "num_local_experts");
            case "olmoe":
                return EveryLayer(name, root, "num_experts");
            case "qwen2_moe" or "qwen3_moe":
                return Qwen(name, root);
            case "llama4":
                if (root.Object("text_config") is { } text)
                    return Llama4(name, root, text);
                root.Refuse("text_config", null, "an object (llama4)");
                break;
            case "llama4_text":
                return Llama4(name, root, root);
            case "jamba":
                return Jamba(name, root);
            case "jetmoe":
                return JetMoe(name, root);
            case "openmoe":
                return OpenMoe(name, root);
            case "switch_transformers":
                return Switch(name, root);
            case "nllb-moe":
                return Nllb(name, root);
            default:
                root.Refuse("model_type", type,
                    $"one of {Known}; or a file with the keys of our own model: name, hiddenLayers, moeLayerIds, experts, topK");
                break;
        }
        return new MoEModel(name, 1, [0], 1, 1);
    }

    private static MoEModel DeepSeek(string name, ConfigObject c)
    {
        var layers = Layers(c, "num_hidden_layers");
        var first = c.Number("first_k_dense_replace", 0);
        var every = c.SizeOr("moe_layer_freq", 1);
        var moe = Where(layers, i => i >= first && i % every == 0);
        var width = c.Size("moe_intermediate_size");
        return Build(name, c, c, layers, moe, c.Size("n_routed_experts"), c.Size("num_experts_per_tok"), new Widths(
            c.Size("hidden_size"), width, Shared(c, "n_shared_experts", width), moe.Length < layers ? c.Size("intermediate_size") : 0));
    }

    private static MoEModel EveryLayer(string name, ConfigObject c, string expertsKey)
    {
        var layers = Layers(c, "num_hidden_layers");
        return Build(name, c, c, layers, Where(layers, _ => true), c.Size(expertsKey), c.Size("num_experts_per_tok"), new Widths(
            c.Size("hidden_size"), c.Size("intermediate_size"), c.Number("shared_intermediate_size", 0), 0));
    }

    private static MoEModel Qwen(string name, ConfigObject c)
    {
        var layers = Layers(c, "num_hidden_layers");
        var every = c.SizeOr("decoder_sparse_step", 1);
        var dense = c.Integers("mlp_only_layers");
        var moe = Where(layers, i => (i + 1) % every == 0 && !dense.Contains(i));
        return Build(name, c, c, layers, moe, c.Size("num_experts"), c.Size("num_experts_per_tok"), new Widths(
            c.Size("hidden_size"), c.Size("moe_intermediate_size"), c.Number("shared_expert_intermediate_size", 0),
            moe.Length < layers ? c.Size("intermediate_size") : 0));
    }

    private static MoEModel Llama4(string name, ConfigObject root, ConfigObject c)
    {
        var layers = Layers(c, "num_hidden_layers");
        var every = c.SizeOr("interleave_moe_layer_step", 1);
        var told = c.Integers("moe_layers");
        var moe = told.IsEmpty ? Where(layers, i => (i + 1) % every == 0) : told;
        var width = c.Size("intermediate_size");
        // Each MoE layer has one shared expert of the routed experts' width; no key says so.
        return Build(name, root, c, layers, moe, c.Size("num_local_experts"), c.Size("num_experts_per_tok"), new Widths(
            c.Size("hidden_size"), width, width, moe.Length < layers ? c.Size("intermediate_size_mlp") : 0));
    }

    private static MoEModel Jamba(string name, ConfigObject c)
    {
        var layers = Layers(c, "num_hidden_layers");
        var period = c.Size("expert_layer_period");
        var offset = c.Number("expert_layer_offset", 0);
        var moe = Where(layers, i => i % period == offset);
        var width = c.Size("intermediate_size");
        return Build(name, c, c, layers, moe, c.Size("num_experts"), c.Size("num_experts_per_tok"), new Widths(
            c.Size("hidden_size"), width, 0, moe.Length < layers ? width : 0));
    }

    private static MoEModel JetMoe(string name, ConfigObject c)
    {
        var layers = Layers(c, "num_hidden_layers");
        return Build(name, c, c, layers, Where(layers, _ => true), c.Size("moe_num_experts"), c.Size("moe_top_k"), new Widths(
            c.Size("hidden_size"), c.Size("ffn_hidden_size"), 0, 0, HeadKey: "kv_channels"));
    }

    private static MoEModel OpenMoe(string name, ConfigObject c)
    {
        var layers = Layers(c, "num_hidden_layers");
        var every = c.Size("moe_layer_interval");
        var moe = Where(layers, i => (i + 1) % every == 0);
        var width = c.Size("intermediate_size");
        return Build(name, c, c, layers, moe, c.Size("num_experts"), c.Size("router_topk"), new Widths(
            c.Size("hidden_size"), width, 0, moe.Length < layers ? width : 0, Matrices: c.Flag("mlp_gated", true) ? 3 : 2));
    }

    private static MoEModel Switch(string name, ConfigObject c)
    {
        var (encoder, decoder) = (Layers(c, "num_layers"), Layers(c, "num_decoder_layers"));
        var moe = Half(encoder, "num_sparse_encoder_layers").Concat(Half(decoder, "num_sparse_decoder_layers").Select(i => encoder + i));
        return Build(name, c, c, encoder + decoder, [.. moe], c.Size("num_experts"), c.SizeOr("num_selected_experts", 1), new Widths(
            c.Size("d_model"), c.Size("d_ff"), 0, c.Size("d_ff"), "num_heads", "d_kv", c.Flag("is_gated_act", false) ? 3 : 2));

        // The modelling code spaces the sparse layers evenly and begins with the second.
        IEnumerable<int> Half(int layers, string key)
        {
            var sparse = c.Size(key);
            var step = Math.Max(1, layers / sparse);
            return Where(layers, i => step == 1 || i % step == 1);
        }
    }

    private static MoEModel Nllb(string name, ConfigObject c)
    {
        var (encoder, decoder) = (Layers(c, "encoder_layers"), Layers(c, "decoder_layers"));
        var (encoderStep, decoderStep) = (c.Size("encoder_sparse_step"), c.Size("decoder_sparse_step"));
        var moe = Where(encoder + decoder, i => i < encoder ? (i + 1) % encoderStep == 0 : (i - encoder + 1) % decoderStep == 0);
        // The router is top-2 by its architecture; no key says so.
        return Build(name, c, c, encoder + decoder, moe, c.Size("num_experts"), 2, new Widths(
            c.Size("d_model"), c.Size("encoder_ffn_dim"), 0, c.Size("encoder_ffn_dim"), "encoder_attention_heads", "head_dim", 2));
    }

    private static MoEModel Build(
        string name, ConfigObject root, ConfigObject c, int layers, ImmutableArray<int> moe, int experts, int topK, Widths widths) =>
        new(name, layers, moe, experts, topK, ModelSizes.Read(root, c, widths));

    private static int Layers(ConfigObject c, string key)
    {
        var layers = c.Size(key);
        if (layers <= 10_000)
            return layers;
        c.Refuse(key, layers, "1 to 10,000");
        return 1;
    }

    private static int Shared(ConfigObject c, string key, int width)
    {
        var shared = c.Number(key, 0);
        if ((long)shared * width <= 1 << 24)
            return shared * width;
        c.Refuse(key, shared, $"at most {(1 << 24) / width} of width {width}");
        return 0;
    }

    private static ImmutableArray<int> Where(int layers, Func<int, bool> isMoe) => [.. Enumerable.Range(0, layers).Where(isMoe)];
}
