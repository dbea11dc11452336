namespace MoEPlace.Executor.Models;

/// <summary>Attention of every layer. Widths are in elements.</summary>
public sealed record AttentionConfig
{
    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads, each of which serves as many query heads as needed; with latent attention it plays no part.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a query or key head; with latent attention its part without rotation.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of a value head.</summary>
    public required int ValueHeadSize { get; init; }

    /// <summary>Multi-head latent attention (DeepSeek-V2, section 2.1): width of the cached latent; 0 without.</summary>
    public int KeyValueLatentSize { get; init; }

    /// <summary>Latent attention: width of the query's latent; 0 when queries are projected directly.</summary>
    public int QueryLatentSize { get; init; }

    /// <summary>Latent attention: width of the rotated key that all heads share; 0 without.</summary>
    public int RotaryHeadSize { get; init; }

    /// <summary>What is normalised before the rotation.</summary>
    public QueryKeyNorm Norm { get; init; }

    /// <summary>Queries, keys and values are clamped to this size on either side of 0; null for no clamp.</summary>
    public double? Clip { get; init; }

    /// <summary>True for latent attention.</summary>
    public bool IsLatent => KeyValueLatentSize > 0;

    /// <summary>Width of a query head, rotated part included.</summary>
    public int QueryHeadSize => HeadSize + RotaryHeadSize;

    /// <summary>Elements that one token adds to the cache of one layer.</summary>
    public int CacheWidth => IsLatent ? KeyValueLatentSize + RotaryHeadSize : KeyValueHeads * (HeadSize + ValueHeadSize);
}
