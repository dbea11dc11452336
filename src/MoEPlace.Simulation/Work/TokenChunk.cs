using System.Buffers;
using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Work;

/// <summary>Some tokens of a step, their choices turned so that those of a layer stand together. It is filled again and again.</summary>
internal sealed class TokenChunk
{
    // Small enough to stay in a cache while every layer passes over it.
    private const int Cells = 1 << 20;
    private const int RowsAtOnce = 64;
    private readonly RoutingTrace trace;
    private readonly StepTokens tokens;
    private readonly DispatchRule? follows;
    private readonly int capacity;
    private readonly ushort[] choices;
    private readonly int[] positions;
    private int first;

    /// <summary>Makes room.</summary>
    /// <param name="trace">Where the rows are.</param>
    /// <param name="tokens">All tokens.</param>
    /// <param name="follows">Chooses the replica that a hidden state stays with; null when it goes home.</param>
    internal TokenChunk(RoutingTrace trace, StepTokens tokens, DispatchRule? follows)
    {
        (this.trace, this.tokens, this.follows) = (trace, tokens, follows);
        capacity = Math.Clamp(Cells / (trace.Layers * trace.TopK), 1, Math.Max(1, tokens.Count));
        choices = new ushort[trace.Layers * capacity * trace.TopK];
        positions = new int[(follows is null ? 1 : trace.Layers + 1) * capacity];
    }

    /// <summary>Tokens in it.</summary>
    internal int Count { get; private set; }

    /// <summary>[count] the number of each in its step.</summary>
    internal ReadOnlySpan<int> Numbers => tokens.Numbers.AsSpan(first, Count);

    /// <summary>[count, topK] logical experts of a layer.</summary>
    internal ReadOnlySpan<ushort> Choices(int layer) => choices.AsSpan(layer * capacity * trace.TopK, Count * trace.TopK);

    /// <summary>[count] the rank where each hidden state is, 0 to layers: before that layer; layers: after the last.</summary>
    internal ReadOnlySpan<int> Positions(int position) => positions.AsSpan((follows is null ? 0 : position) * capacity, Count);

    /// <summary>Takes the tokens after those that it has; false when there are none.</summary>
    internal bool Next()
    {
        first += Count;
        Count = Math.Min(capacity, tokens.Count - first);
        if (Count == 0)
            return false;
        Parallel.For(0, (Count + RowsAtOnce - 1) / RowsAtOnce, block =>
        {
            var rented = ArrayPool<ushort>.Shared.Rent(trace.Layers * (trace.TopK + 1));
            for (var i = block * RowsAtOnce; i < Math.Min(Count, (block + 1) * RowsAtOnce); i++)
                Read(i, rented);
            ArrayPool<ushort>.Shared.Return(rented);
        });
        return true;
    }

    private void Read(int i, Span<ushort> room)
    {
        var (layers, topK) = (trace.Layers, trace.TopK);
        var ofToken = room[..(layers * topK)];
        var topOne = room.Slice(layers * topK, layers);
        trace.CopyExperts(tokens.Rows[first + i], 1, ofToken);
        for (var layer = 0; layer < layers; layer++)
            ofToken.Slice(layer * topK, topK).CopyTo(choices.AsSpan((layer * capacity + i) * topK, topK));
        var at = positions[i] = tokens.Homes[first + i];
        if (follows is null)
            return;
        trace.CopyTopOne(tokens.Rows[first + i], 1, ofToken, topOne);
        for (var layer = 0; layer < layers; layer++)
        {
            if (topOne[layer] != RoutingTrace.NoExpert)
                at = follows.Ranks[follows.Replica(layer * trace.Experts + topOne[layer], at, tokens.Numbers[first + i])];
            positions[(layer + 1) * capacity + i] = at;
        }
    }
}
