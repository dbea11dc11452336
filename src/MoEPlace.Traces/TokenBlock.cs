namespace MoEPlace.Traces;

/// <summary>Some tokens of a slice, decoded. The arrays are used again for the next block.</summary>
public sealed class TokenBlock
{
    internal TokenBlock(RoutingTrace trace, int capacity)
    {
        Experts = new ushort[capacity * trace.Layers * trace.TopK];
        TopOne = trace.HasTopOne ? new ushort[capacity * trace.Layers] : [];
        SequenceOrdinal = new int[capacity];
        Home = new int[capacity];
        Phase = new byte[capacity];
        Row = new long[capacity];
    }

    /// <summary>Tokens in this block.</summary>
    public int Count { get; internal set; }

    /// <summary>Ordinal of the first token among those of the slice.</summary>
    public long FirstOrdinal { get; internal set; }

    /// <summary>[count, layers, topK] logical ids; <see cref="RoutingTrace.NoExpert"/> for none.</summary>
    public ushort[] Experts { get; }

    /// <summary>[count, layers] the top-1 expert; empty when the trace has none.</summary>
    public ushort[] TopOne { get; }

    /// <summary>[count] ordinal of the token's sequence among the sequences of the slice, by first appearance.</summary>
    public int[] SequenceOrdinal { get; }

    /// <summary>[count] the recorded home rank; -1 when the trace has none.</summary>
    public int[] Home { get; }

    /// <summary>[count] 0 prefill, 1 decode; 1 when the trace does not tell.</summary>
    public byte[] Phase { get; }

    /// <summary>[count] the row in the file.</summary>
    public long[] Row { get; }
}
