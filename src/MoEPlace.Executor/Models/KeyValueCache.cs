using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>
/// Keys and values of the sequences that run, by layer: of grouped-query attention the rotated keys and the values, of latent attention the
/// latent and the rotated key that all heads share. A row holds one sequence.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] first;
    private readonly Tensor[] second;
    private readonly AttentionConfig attention;

    /// <summary>Makes room.</summary>
    /// <param name="config">The model.</param>
    /// <param name="rows">Sequences at a time.</param>
    /// <param name="capacity">Tokens of each.</param>
    /// <param name="device">Where.</param>
    /// <param name="type">Element type.</param>
    public KeyValueCache(TransformerConfig config, int rows, int capacity, TorchDevice device, ScalarType type = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(config);
        attention = config.Attention;
        (Rows, Capacity) = (rows, capacity);
        first = new Tensor[config.HiddenLayers];
        second = new Tensor[attention.IsLatent ? 0 : config.HiddenLayers];
        for (var layer = 0; layer < first.Length; layer++)
        {
            if (attention.IsLatent)
            {
                first[layer] = Make(rows, capacity, attention.CacheWidth);
                continue;
            }
            first[layer] = Make(rows, attention.KeyValueHeads, capacity, attention.HeadSize);
            second[layer] = Make(rows, attention.KeyValueHeads, capacity, attention.ValueHeadSize);
        }

        Tensor Make(params ReadOnlySpan<long> shape) => torch.zeros(shape, type, device).DetachFromDisposeScope();
    }

    /// <summary>Sequences that it has room for.</summary>
    public int Rows { get; }

    /// <summary>Tokens of a sequence that it has room for.</summary>
    public int Capacity { get; }

    /// <summary>Elements of one token in one layer.</summary>
    public int Width => attention.CacheWidth;

    /// <summary>Bytes of memory that it takes.</summary>
    public long AllocatedBytes => first.Concat(second).Sum(t => t.StorageBytes);

    /// <summary>What it holds of some tokens.</summary>
    /// <param name="layer">The layer, by its index among all layers.</param>
    /// <param name="rows">[n] Int64, the row of each token.</param>
    /// <param name="positions">[n] Int64, the place of each in its sequence.</param>
    /// <returns>[n, <see cref="Width"/>]: keys then values, or latent then rotated key.</returns>
    public Tensor Read(int layer, Tensor rows, Tensor positions)
    {
        if (attention.IsLatent)
            return first[layer].index(rows, positions);
        var keys = ByToken(first[layer]).index(rows, positions).reshape(-1, attention.KeyValueHeads * attention.HeadSize);
        var values = ByToken(second[layer]).index(rows, positions).reshape(-1, attention.KeyValueHeads * attention.ValueHeadSize);
        return torch.cat([keys, values], 1);
    }

    /// <summary>Puts what <see cref="Read"/> told somewhere else.</summary>
    /// <param name="layer">The layer, by its index among all layers.</param>
    /// <param name="rows">[n] Int64, the row of each token.</param>
    /// <param name="positions">[n] Int64, the place of each in its sequence.</param>
    /// <param name="values">[n, <see cref="Width"/>].</param>
    public void Write(int layer, Tensor rows, Tensor positions, Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (attention.IsLatent)
        {
            first[layer].index_put_(rows, positions, values);
            return;
        }
        var keys = attention.KeyValueHeads * attention.HeadSize;
        Put(layer, rows, positions,
            values.narrow(1, 0, keys).reshape(-1, attention.KeyValueHeads, attention.HeadSize),
            values.narrow(1, keys, Width - keys).reshape(-1, attention.KeyValueHeads, attention.ValueHeadSize));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in first.Concat(second))
            tensor.Dispose();
    }

    /// <summary>[rows, heads, capacity, width] of grouped-query attention, or [rows, capacity, width] of latent attention.</summary>
    internal Tensor First(int layer) => first[layer];

    /// <summary>[rows, heads, capacity, width], the values of grouped-query attention.</summary>
    internal Tensor Second(int layer) => second[layer];

    /// <summary>Puts the keys and values of grouped-query attention, [n, heads, width] each.</summary>
    internal void Put(int layer, Tensor rows, Tensor positions, Tensor keys, Tensor values)
    {
        ByToken(first[layer]).index_put_(rows, positions, keys);
        ByToken(second[layer]).index_put_(rows, positions, values);
    }

    private static Tensor ByToken(Tensor byHead) => byHead.transpose(1, 2);
}
