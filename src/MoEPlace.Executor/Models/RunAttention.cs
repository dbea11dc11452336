using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Attention over a batch of runs.</summary>
internal static class RunAttention
{
    /// <summary>Every run attends to itself, from its first token on.</summary>
    /// <param name="q">[n, heads, width].</param>
    /// <param name="k">[n, key heads, width].</param>
    /// <param name="v">[n, key heads, value width].</param>
    /// <param name="plan">The runs.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <returns>[n, heads * value width].</returns>
    internal static Tensor OverRuns(Tensor q, Tensor k, Tensor v, BatchPlan plan, double scale)
    {
        if (plan.Length > 0)
            return Attend(q, k, v, plan.Length);
        var parts = new Tensor[plan.Runs.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var (start, length) = plan.Runs[i];
            parts[i] = Attend(q.narrow(0, start, length), k.narrow(0, start, length), v.narrow(0, start, length), length);
        }
        return torch.cat(parts);

        Tensor Attend(Tensor queries, Tensor keys, Tensor values, long length) =>
            torch.nn.functional.scaled_dot_product_attention(
                ByHead(queries, length), ByHead(keys, length), ByHead(values, length), scale, is_causal: true)
                .transpose(1, 2).reshape(-1, q.size(1) * v.size(2));

        static Tensor ByHead(Tensor x, long length) => x.reshape(-1, length, x.size(1), x.size(2)).transpose(1, 2);
    }

    /// <summary>Every token attends to its row of the cache.</summary>
    /// <param name="q">[n, heads, width].</param>
    /// <param name="keys">[n, key heads, keys, width].</param>
    /// <param name="values">[n, key heads, keys, value width].</param>
    /// <param name="plan">How far each row goes.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <returns>[n, heads, value width].</returns>
    internal static Tensor OverCache(Tensor q, Tensor keys, Tensor values, BatchPlan plan, double scale) =>
        torch.nn.functional.scaled_dot_product_attention(q.unsqueeze(2), keys, values, scale, plan.Mask).squeeze(2);

    /// <summary>The rows of a cache that the tokens of a batch read, as far as the furthest of them goes.</summary>
    /// <param name="cache">[rows, …].</param>
    /// <param name="dimension">The dimension that counts positions.</param>
    /// <param name="plan">The batch.</param>
    internal static Tensor RowsOf(Tensor cache, int dimension, BatchPlan plan)
    {
        var far = cache.narrow(dimension, 0, plan.Keys);
        return plan.FirstRow >= 0 ? far.narrow(0, plan.FirstRow, plan.Batch.Count) : far.index_select(0, plan.Rows);
    }
}
