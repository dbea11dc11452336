namespace MoEPlace.Placement.Copies;

/// <summary>
/// What is divided: in every layer equally many items, each an expert or one of its replicas, with the tokens that it serves. Replicas of
/// an expert take its tokens in turn, in the order of their ranks: so they stand on parts that rise with their turn, and never two on one.
/// </summary>
internal sealed unsafe class CopyItems
{
    private readonly TokenBits tokens;
    private readonly CopyTurns turns;
    private readonly long[][] expertLoad;
    private readonly nint[] chosen;
    private readonly nint[] top;
    private readonly int[] sibling;

    /// <summary>Items that stand nowhere yet.</summary>
    /// <param name="tokens">The recording.</param>
    /// <param name="expertLoad">[layers][experts] (token, expert) pairs.</param>
    /// <param name="count">Items of every layer.</param>
    public CopyItems(TokenBits tokens, long[][] expertLoad, int count)
    {
        (this.tokens, this.expertLoad, Count) = (tokens, expertLoad, count);
        turns = new CopyTurns(tokens);
        ExpertOf = new int[Layers * Count];
        PartOf = new int[Layers * Count];
        Load = new long[Layers * Count];
        sibling = new int[Layers * Count];
        (chosen, top) = (new nint[Layers * Count], new nint[Layers * Count]);
    }

    public int Layers => tokens.Layers;

    /// <summary>Items of every layer.</summary>
    public int Count { get; }

    /// <summary>[layers, items] rising; replicas of one expert in their turn.</summary>
    public int[] ExpertOf { get; }

    /// <summary>[layers, items].</summary>
    public int[] PartOf { get; }

    /// <summary>[layers, items] (token, expert) pairs.</summary>
    public long[] Load { get; }

    /// <summary>Whether there are more items than experts.</summary>
    public bool HasReplicas => Count > tokens.Experts;

    /// <summary>Makes the items of a layer anew.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="expertOf">[items] every expert at least once.</param>
    /// <param name="partOf">[items] never one expert twice on a part.</param>
    public void Assign(int layer, ReadOnlySpan<int> expertOf, ReadOnlySpan<int> partOf)
    {
        var order = new (int Expert, int Part)[Count];
        for (var i = 0; i < Count; i++)
            order[i] = (expertOf[i], partOf[i]);
        Array.Sort(order);
        for (var first = 0; first < Count;)
        {
            var expert = order[first].Expert;
            var end = first;
            while (end < Count && order[end].Expert == expert)
                end++;
            var row = layer * tokens.Experts + expert;
            var replicas = end - first;
            for (var turn = 0; turn < replicas; turn++)
            {
                var cell = layer * Count + first + turn;
                (ExpertOf[cell], PartOf[cell]) = order[first + turn];
                Load[cell] = (expertLoad[layer][expert] - turn + replicas - 1) / replicas;
                sibling[cell] = turn + 1 < replicas ? first + turn + 1 : first;
                top[cell] = (nint)turns.Top(row, replicas, turn);
                chosen[cell] = tokens.Measure == CopyMeasure.Crossing ? top[cell] : (nint)turns.Chosen(row, replicas, turn);
            }
            first = end;
        }
    }

    /// <summary>Whether an item on a part would still stand in order with the other replicas of its expert.</summary>
    public bool Fits(int layer, int item, int part)
    {
        var begin = layer * Count;
        for (var other = sibling[begin + item]; other != item; other = sibling[begin + other])
            if (other < item ? PartOf[begin + other] >= part : PartOf[begin + other] <= part)
                return false;
        return true;
    }

    /// <summary>The tokens that an item serves; of measure crossing, those whose top-1 it is.</summary>
    public ulong* Chosen(int cell) => (ulong*)chosen[cell];

    /// <summary>Those whose top-1 it is.</summary>
    public ulong* Top(int cell) => (ulong*)top[cell];
}
