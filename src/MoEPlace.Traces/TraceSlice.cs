namespace MoEPlace.Traces;

/// <summary>The tokens of a trace that belong to one split, or some of them, in file order.</summary>
public sealed class TraceSlice
{
    private const int BlockTokens = 4096;

    /// <summary>A bit for every row of the trace; null where the split alone decides.</summary>
    private readonly ulong[]? kept;

    /// <summary>Selects the tokens of <paramref name="split"/>.</summary>
    /// <exception cref="InputException">The split has no token.</exception>
    public TraceSlice(RoutingTrace trace, TraceSplit split)
    {
        ArgumentNullException.ThrowIfNull(trace);
        Trace = trace;
        Split = split;
        Selection = split.ToString().ToLowerInvariant();
        foreach (var (_, count) in Runs())
            Tokens += count;
        if (Tokens == 0)
            throw new InputException(
                trace.Path, "sequence", $"no sequence of split {split.ToString().ToLowerInvariant()}",
                "train: sequence mod 5 != 0, test: sequence mod 5 == 0; --split all takes every sequence");
    }

    private TraceSlice(TraceSlice whole, string selection, TokenFilter filter)
    {
        (Trace, Split, Selection) = (whole.Trace, whole.Split, $"{whole.Selection}, {selection}");
        kept = new ulong[(Trace.Tokens + 63) / 64];
        var keep = new bool[BlockTokens];
        foreach (var (row, count) in whole.Runs())
        {
            var run = keep.AsSpan(0, count);
            run.Clear();
            filter(row, run);
            for (var i = 0; i < count; i++)
            {
                if (!run[i])
                    continue;
                kept[(row + i) >> 6] |= 1UL << (int)((row + i) & 63);
                Tokens++;
            }
        }
        if (Tokens == 0)
            throw new InputException(Trace.Path, "sequence", $"no token of {Selection}", "a selection with at least one token");
    }

    /// <summary>Chooses among consecutive rows.</summary>
    /// <param name="row">The first of them.</param>
    /// <param name="keep">One entry per row, false at first; true keeps the row.</param>
    public delegate void TokenFilter(long row, Span<bool> keep);

    /// <summary>The trace.</summary>
    public RoutingTrace Trace { get; }

    /// <summary>The split that the tokens belong to.</summary>
    public TraceSplit Split { get; }

    /// <summary>What was selected, in words: the split, then what was chosen of it.</summary>
    public string Selection { get; }

    /// <summary>Tokens of the slice, 1 or more.</summary>
    public long Tokens { get; }

    /// <summary>Some of the tokens of this slice.</summary>
    /// <param name="selection">What is chosen, in words.</param>
    /// <param name="filter">Chooses; it is asked once for every token of this slice, in file order, in runs of at most 4,096.</param>
    /// <exception cref="InputException">No token is left.</exception>
    public TraceSlice Where(string selection, TokenFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return new TraceSlice(this, selection, filter);
    }

    /// <summary>The rows of the slice as runs of consecutive rows, at most 4,096 each.</summary>
    public IEnumerable<(long Row, int Count)> Runs()
    {
        for (long row = 0; row < Trace.Tokens;)
        {
            var (skipped, taken) = NextRun(row, Trace.Sequence(row, (int)Math.Min(BlockTokens, Trace.Tokens - row)));
            if (taken > 0)
                yield return (row + skipped, taken);
            row += skipped + taken;
        }
    }

    /// <summary>The tokens, decoded block by block; the same block object each time.</summary>
    public IEnumerable<TokenBlock> Blocks()
    {
        var block = new TokenBlock(Trace, BlockTokens);
        var ordinals = new Dictionary<int, int>();
        foreach (var (row, count) in Runs())
        {
            for (var taken = 0; taken < count;)
            {
                var now = Math.Min(count - taken, BlockTokens - block.Count);
                Fill(block, row + taken, now, ordinals);
                taken += now;
                if (block.Count < BlockTokens)
                    continue;
                yield return block;
                block.FirstOrdinal += block.Count;
                block.Count = 0;
            }
        }
        if (block.Count > 0)
            yield return block;
    }

    private void Fill(TokenBlock block, long row, int count, Dictionary<int, int> ordinals)
    {
        var (at, layers, topK) = (block.Count, Trace.Layers, Trace.TopK);
        var experts = block.Experts.AsSpan(at * layers * topK, count * layers * topK);
        Trace.CopyExperts(row, count, experts);
        if (Trace.HasTopOne)
            Trace.CopyTopOne(row, count, experts, block.TopOne.AsSpan(at * layers, count * layers));
        var sequence = Trace.Sequence(row, count);
        var home = Trace.Home(row, count);
        var phase = Trace.Phase(row, count);
        for (var i = 0; i < count; i++)
        {
            if (!ordinals.TryGetValue(sequence[i], out var ordinal))
                ordinals.Add(sequence[i], ordinal = ordinals.Count);
            block.SequenceOrdinal[at + i] = ordinal;
            block.Home[at + i] = home.IsEmpty ? -1 : home[i];
            block.Phase[at + i] = phase.IsEmpty ? (byte)1 : phase[i];
            block.Row[at + i] = row + i;
        }
        block.Count += count;
    }

    private (int Skipped, int Taken) NextRun(long row, ReadOnlySpan<int> sequence)
    {
        if (kept is null && Split == TraceSplit.All)
            return (0, sequence.Length);
        var skipped = 0;
        while (skipped < sequence.Length && !Holds(row + skipped, sequence[skipped]))
            skipped++;
        var end = skipped;
        while (end < sequence.Length && Holds(row + end, sequence[end]))
            end++;
        return (skipped, end - skipped);
    }

    private bool Holds(long row, int sequence) => kept is not null ? (kept[row >> 6] >> (int)(row & 63) & 1) != 0 : Split switch
    {
        TraceSplit.Train => sequence % 5 != 0,
        TraceSplit.Test => sequence % 5 == 0,
        _ => true,
    };
}
