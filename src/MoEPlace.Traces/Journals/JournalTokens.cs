namespace MoEPlace.Traces.Journals;

/// <summary>What some tokens of a step are. Columns that the journal does not have stay empty.</summary>
public readonly ref struct JournalTokens
{
    /// <summary>[tokens] the row of each token in the trace, counted over all ranks.</summary>
    public required ReadOnlySpan<long> Ordinals { get; init; }

    /// <summary>[tokens] the sequence that each belongs to, 0 or more.</summary>
    public required ReadOnlySpan<int> Sequence { get; init; }

    /// <summary>[tokens] its place in the sequence, 0 or more.</summary>
    public required ReadOnlySpan<int> Position { get; init; }

    /// <summary>[tokens] the rank that it lives on.</summary>
    public ReadOnlySpan<ushort> Home { get; init; }

    /// <summary>[tokens] 0 prefill, 1 decode.</summary>
    public ReadOnlySpan<byte> Phase { get; init; }

    /// <summary>[tokens] number among the header's domains.</summary>
    public ReadOnlySpan<byte> Domain { get; init; }
}
