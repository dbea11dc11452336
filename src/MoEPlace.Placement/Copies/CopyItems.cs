namespace MoEPlace.Placement.Copies;

/// <summary>
/// What is divided: in every layer some items, each an expert or one of its replicas, with the tokens that it serves. Replicas of one
/// expert take its tokens in turn, in the order of their ranks.
/// </summary>
internal sealed unsafe class CopyItems
{
    private readonly CopyTokens tokens;
    private readonly nint[] chosen;
    private readonly nint[] top;

    /// <summary>One item per expert.</summary>
    /// <param name="tokens">The recording.</param>
    /// <param name="load">[layers][experts] (token, expert) pairs.</param>
    public CopyItems(CopyTokens tokens, long[][] load)
    {
        this.tokens = tokens;
        (Layers, Count) = (tokens.Layers, tokens.Experts);
        ExpertOf = new int[Layers * Count];
        PartOf = new int[Layers * Count];
        Load = new long[Layers * Count];
        (chosen, top) = (new nint[Layers * Count], new nint[Layers * Count]);
        for (var cell = 0; cell < ExpertOf.Length; cell++)
        {
            (ExpertOf[cell], Load[cell]) = (cell % Count, load[cell / Count][cell % Count]);
            chosen[cell] = (nint)tokens.Chosen.Row(cell);
            top[cell] = tokens.Top is null ? 0 : (nint)tokens.Top.Row(cell);
        }
    }

    public int Layers { get; }

    /// <summary>Items of every layer.</summary>
    public int Count { get; }

    /// <summary>[layers, items].</summary>
    public int[] ExpertOf { get; }

    /// <summary>[layers, items].</summary>
    public int[] PartOf { get; }

    /// <summary>[layers, items] (token, expert) pairs.</summary>
    public long[] Load { get; }

    /// <summary>Whether some expert has more than one item.</summary>
    public bool HasReplicas => false;

    /// <summary>Whether an item on a part would still stand in order with the other replicas of its expert.</summary>
    public bool Fits(int layer, int item, int part) => true;

    /// <summary>The tokens that an item serves.</summary>
    public ulong* Chosen(int cell) => (ulong*)chosen[cell];

    /// <summary>Those whose top-1 it is.</summary>
    public ulong* Top(int cell) => (ulong*)top[cell];
}
