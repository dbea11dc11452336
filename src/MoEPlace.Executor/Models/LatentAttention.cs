using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>
/// Multi-head latent attention (DeepSeek-V2, section 2.1). The cache holds the latent and the rotated key that all heads share. A prefill
/// expands the latent to keys and values; a decode multiplies queries and outputs by the expanding weights instead (the same sums).
/// </summary>
internal sealed class LatentAttention : IAttention
{
    // The norms inside have an epsilon of their own.
    private const double Epsilon = 1e-6;
    private readonly int layer;
    private readonly TransformerConfig model;
    private readonly Tensor query, compress, keyValueNorm, expand, output;
    private readonly Tensor? queryLatent, queryNorm;

    internal LatentAttention(TransformerConfig model, int layer, WeightSource weight)
    {
        (this.model, this.layer) = (model, layer);
        var a = model.Attention;
        var prefix = $"model.layers.{layer}.self_attn.";
        if (a.QueryLatentSize > 0)
        {
            queryLatent = weight(prefix + "q_a_proj.weight", a.QueryLatentSize, model.HiddenSize);
            queryNorm = weight(prefix + "q_a_layernorm.weight", a.QueryLatentSize);
            query = weight(prefix + "q_b_proj.weight", a.Heads * a.QueryHeadSize, a.QueryLatentSize);
        }
        else
        {
            query = weight(prefix + "q_proj.weight", a.Heads * a.QueryHeadSize, model.HiddenSize);
        }
        compress = weight(prefix + "kv_a_proj_with_mqa.weight", a.CacheWidth, model.HiddenSize);
        keyValueNorm = weight(prefix + "kv_a_layernorm.weight", a.KeyValueLatentSize);
        expand = weight(prefix + "kv_b_proj.weight", a.Heads * (a.HeadSize + a.ValueHeadSize), a.KeyValueLatentSize);
        output = weight(prefix + "o_proj.weight", model.HiddenSize, a.Heads * a.ValueHeadSize);
    }

    Tensor IAttention.Forward(Tensor hidden, BatchPlan plan, KeyValueCache? cache)
    {
        var a = model.Attention;
        var inner = queryLatent is null
            ? hidden
            : torch.nn.functional.rms_norm(torch.nn.functional.linear(hidden, queryLatent), queryNorm!, Epsilon);
        var q = torch.nn.functional.linear(inner, query).reshape(-1, a.Heads, a.QueryHeadSize);
        var plain = q.narrow(2, 0, a.HeadSize);
        var turned = Turned(q.narrow(2, a.HeadSize, a.RotaryHeadSize), plan);
        var compressed = torch.nn.functional.linear(hidden, compress);
        var latent = torch.nn.functional.rms_norm(compressed.narrow(1, 0, a.KeyValueLatentSize), keyValueNorm, Epsilon);
        var shared = Turned(compressed.narrow(1, a.KeyValueLatentSize, a.RotaryHeadSize).unsqueeze(1), plan);
        cache?.Write(layer, plan.Rows, plan.Positions, torch.cat([latent, shared.squeeze(1)], 1));
        var context = plan.Batch.Prefill ? Expanded(plain, turned, latent, shared, plan) : Absorbed(plain, turned, cache!, plan);
        return torch.nn.functional.linear(context, output);
    }

    private double Scale => (model.Rotary.Yarn?.ScoreFactor ?? 1) / Math.Sqrt(model.Attention.QueryHeadSize);

    private Tensor Turned(Tensor x, BatchPlan plan) => torch.nn.functional.rotary(x, plan.Cosine, plan.Sine, model.Rotary.Interleaved);

    private Tensor Expanded(Tensor plain, Tensor turned, Tensor latent, Tensor shared, BatchPlan plan)
    {
        var a = model.Attention;
        var both = torch.nn.functional.linear(latent, expand).reshape(-1, a.Heads, a.HeadSize + a.ValueHeadSize);
        var keys = torch.cat([both.narrow(2, 0, a.HeadSize), shared.expand(-1, a.Heads, -1)], 2);
        return RunAttention.OverRuns(torch.cat([plain, turned], 2), keys, both.narrow(2, a.HeadSize, a.ValueHeadSize), plan, Scale);
    }

    private Tensor Absorbed(Tensor plain, Tensor turned, KeyValueCache cache, BatchPlan plan)
    {
        var a = model.Attention;
        var byHead = expand.view(a.Heads, a.HeadSize + a.ValueHeadSize, a.KeyValueLatentSize);
        var onLatent = plain.transpose(0, 1).matmul(byHead.narrow(1, 0, a.HeadSize)).transpose(0, 1);
        var keys = RunAttention.RowsOf(cache.First(layer), 1, plan).unsqueeze(1);
        var sums = RunAttention.OverCache(torch.cat([onLatent, turned], 2), keys, keys.narrow(3, 0, a.KeyValueLatentSize), plan, Scale);
        var values = sums.transpose(0, 1).matmul(byHead.narrow(1, a.HeadSize, a.ValueHeadSize).transpose(1, 2));
        return values.transpose(0, 1).reshape(-1, a.Heads * a.ValueHeadSize);
    }
}
