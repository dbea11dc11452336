using MoEPlace.Traces.Models;

namespace MoEPlace.Executor.Models;

/// <summary>
/// Rotary positions of a <c>config.json</c>: <c>rope_theta</c> and <c>rope_scaling</c>, or <c>rope_parameters</c> of transformers 5.
/// </summary>
internal static class RotaryKeys
{
    internal static RotaryConfig Read(ConfigObject c, ModelLayout layout, AttentionConfig attention, int positions)
    {
        var parameters = c.Object("rope_parameters") ?? c.Object("rope_scaling");
        var width = attention.IsLatent ? attention.RotaryHeadSize : attention.HeadSize;
        if (width % 2 != 0)
            c.Refuse(attention.IsLatent ? "qk_rope_head_dim" : "head_dim", width, "an even number");
        var inside = parameters is not null && parameters.Has("rope_theta");
        var theta = (inside ? parameters! : c).Real("rope_theta", 1, 1e12, null);
        var kind = parameters?.Text("rope_type") ?? parameters?.Text("type") ?? "default";
        if (kind is not ("default" or "yarn"))
            parameters!.Refuse(parameters.Has("rope_type") ? "rope_type" : "type", kind, "default or yarn");
        if (parameters is not null && parameters.Real("partial_rotary_factor", 0, 1, 1) != 1)
            parameters.Refuse("partial_rotary_factor", parameters.Real("partial_rotary_factor", 0, 1, 1), "1");
        var interleaved = layout == ModelLayout.DeepSeekV2 || (layout == ModelLayout.DeepSeekV3 && c.Flag("rope_interleave", true));
        return new RotaryConfig(width, theta, interleaved, kind == "yarn" ? Yarn(parameters!, attention.IsLatent, positions) : null);
    }

    private static YarnConfig Yarn(ConfigObject c, bool latent, int positions)
    {
        var factor = c.Real("factor", 1, 1e6, null);
        var (mscale, all) = (c.Real("mscale", 0, 1e3, 0), c.Real("mscale_all_dim", 0, 1e3, 0));
        var (fast, slow) = (c.Real("beta_fast", 1e-6, 1e6, 32), c.Real("beta_slow", 1e-6, 1e6, 1));
        if (fast < slow)
            c.Refuse("beta_fast", fast, $"at least beta_slow ({slow})");
        var told = c.Real("attention_factor", 0, 1e6, 0);
        var cosine = told > 0 ? told : mscale > 0 && all > 0 ? Magnitude(factor, mscale) / Magnitude(factor, all) : Magnitude(factor, 1);
        var score = latent && all > 0 ? Magnitude(factor, all) : 1;
        return new YarnConfig(
            factor, c.SizeOr("original_max_position_embeddings", positions), fast, slow, c.Flag("truncate", true), cosine, score * score);
    }

    // Peng et al. 2023, section 3.4: sqrt(1 / t) = 0.1 ln(factor) + 1; DeepSeek multiplies the logarithm.
    private static double Magnitude(double factor, double mscale) => 0.1 * mscale * Math.Log(factor) + 1;
}
