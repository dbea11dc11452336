using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Attention where each key and value head serves several query heads (Ainslie et al. 2023).</summary>
internal sealed class GroupedAttention : IAttention
{
    private readonly int layer;
    private readonly TransformerConfig model;
    private readonly Tensor query, key, value, output;
    private readonly Tensor? queryNorm, keyNorm;

    internal GroupedAttention(TransformerConfig model, int layer, WeightSource weight)
    {
        (this.model, this.layer) = (model, layer);
        var a = model.Attention;
        var prefix = $"model.layers.{layer}.self_attn.";
        query = weight(prefix + "q_proj.weight", a.Heads * a.HeadSize, model.HiddenSize);
        key = weight(prefix + "k_proj.weight", a.KeyValueHeads * a.HeadSize, model.HiddenSize);
        value = weight(prefix + "v_proj.weight", a.KeyValueHeads * a.ValueHeadSize, model.HiddenSize);
        output = weight(prefix + "o_proj.weight", model.HiddenSize, a.Heads * a.ValueHeadSize);
        if (a.Norm == QueryKeyNorm.None)
            return;
        var whole = a.Norm == QueryKeyNorm.Projection;
        queryNorm = weight(prefix + "q_norm.weight", whole ? a.Heads * a.HeadSize : a.HeadSize);
        keyNorm = weight(prefix + "k_norm.weight", whole ? a.KeyValueHeads * a.HeadSize : a.HeadSize);
    }

    Tensor IAttention.Forward(Tensor hidden, BatchPlan plan, KeyValueCache? cache)
    {
        var a = model.Attention;
        var scale = 1 / Math.Sqrt(a.HeadSize);
        var q = Turned(torch.nn.functional.linear(hidden, query), queryNorm, plan);
        var k = Turned(torch.nn.functional.linear(hidden, key), keyNorm, plan);
        var v = Clipped(torch.nn.functional.linear(hidden, value)).reshape(-1, a.KeyValueHeads, a.ValueHeadSize);
        cache?.Put(layer, plan.Rows, plan.Positions, k, v);
        var context = plan.Batch.Prefill
            ? RunAttention.OverRuns(q, k, v, plan, scale)
            : RunAttention.OverCache(
                q, RunAttention.RowsOf(cache!.First(layer), 2, plan), RunAttention.RowsOf(cache.Second(layer), 2, plan), plan, scale);
        return torch.nn.functional.linear(context.reshape(-1, a.Heads * a.ValueHeadSize), output);
    }

    private Tensor Turned(Tensor x, Tensor? norm, BatchPlan plan)
    {
        if (norm is not null && model.Attention.Norm == QueryKeyNorm.Projection)
            x = torch.nn.functional.rms_norm(x, norm, model.NormEpsilon);
        x = Clipped(x).reshape(plan.Batch.Count, -1, model.Attention.HeadSize);
        if (norm is not null && model.Attention.Norm == QueryKeyNorm.Head)
            x = torch.nn.functional.rms_norm(x, norm, model.NormEpsilon);
        return torch.nn.functional.rotary(x, plan.Cosine, plan.Sine, model.Rotary.Interleaved);
    }

    private Tensor Clipped(Tensor x) => model.Attention.Clip is { } most ? x.clamp(-most, most) : x;
}
