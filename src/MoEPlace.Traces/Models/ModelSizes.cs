namespace MoEPlace.Traces.Models;

/// <summary>The dimensions that all families name alike: attention, vocabulary, bytes per number.</summary>
internal static class ModelSizes
{
    internal static ModelDimensions Read(ConfigObject root, ConfigObject c, Widths widths)
    {
        var heads = c.Size(widths.HeadsKey);
        var latent = c.Number("kv_lora_rank", 0);
        var headSize = latent > 0 ? c.Size("qk_nope_head_dim") : c.SizeOr(widths.HeadKey, Math.Max(1, widths.Hidden / heads));
        var plain = PlainBytes(root, c);
        var (expertBytes, otherBytes) = Quantised(root, plain);
        return new ModelDimensions(
            widths.Hidden,
            widths.Expert,
            widths.Shared,
            widths.Dense,
            c.Size("vocab_size"),
            heads,
            c.SizeOr("num_key_value_heads", heads),
            headSize,
            latent > 0 ? c.Size("v_head_dim") : headSize,
            latent,
            latent > 0 ? c.Number("q_lora_rank", 0) : 0,
            latent > 0 ? c.Size("qk_rope_head_dim") : 0,
            expertBytes,
            otherBytes,
            plain,
            widths.Matrices);
    }

    // Files without a type come from models that are published in bfloat16.
    private static int PlainBytes(ConfigObject root, ConfigObject c)
    {
        var type = c.Text("torch_dtype") ?? c.Text("dtype") ?? root.Text("torch_dtype") ?? root.Text("dtype");
        switch (type)
        {
            case null or "bfloat16" or "float16":
                return 2;
            case "float32":
                return 4;
            default:
                root.Refuse("torch_dtype", type, "bfloat16, float16 or float32");
                return 2;
        }
    }

    private static (double Expert, double Other) Quantised(ConfigObject root, int plain)
    {
        if (root.Object("quantization_config") is not { } quantization)
            return (plain, plain);
        var method = quantization.Text("quant_method");
        switch (method)
        {
            case "fp8":
                return (1, 1);
            case "mxfp4":
                // 4 bits and one 8-bit scale for 32; attention and embeddings stay as they are.
                return (17.0 / 32, plain);
            case "awq" or "gptq":
                var bits = quantization.SizeOr("bits", 4);
                var group = quantization.SizeOr("group_size", 128);
                // A 16-bit scale and a zero point for each group.
                var bytes = (bits + (16.0 + bits) / group) / 8;
                return (bytes, bytes);
            default:
                quantization.Refuse("quant_method", method, "fp8, mxfp4, awq or gptq");
                return (plain, plain);
        }
    }
}
