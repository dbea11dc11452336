using MoEPlace.Traces;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// The tokens of a slice as bits, one row per expert: which tokens chose it, and of which it is the top-1. What a search over copies
/// counts on, shared by all its workers and never changed.
/// </summary>
internal sealed class TokenBits
{
    /// <summary>Bits beyond which tokens are left out evenly: rows of both kinds then take 1 GiB.</summary>
    private const long MostBits = 8L << 30;

    private readonly List<int>?[] repeats;
    private readonly BitRows?[] links;

    /// <summary>Reads the tokens of a problem.</summary>
    /// <param name="problem">A problem with tokens; with a top-1 unless <paramref name="measure"/> is home.</param>
    /// <param name="measure">What will be counted.</param>
    /// <param name="most">Tokens beyond which they are thinned out evenly.</param>
    public TokenBits(PlacementProblem problem, CopyMeasure measure, long most = long.MaxValue)
    {
        var slice = problem.Slice!;
        (Measure, Layers, Experts) = (measure, slice.Trace.Layers, slice.Trace.Experts);
        var rows = Layers * Experts;
        most = Math.Max(1, Math.Min(most, MostBits / 2 / rows));
        var stride = (slice.Tokens + most - 1) / most;
        Tokens = (int)((slice.Tokens + stride - 1) / stride);
        Words = BitRows.WordsFor(Tokens);
        Chosen = new BitRows(rows, Words);
        Top = measure == CopyMeasure.Home ? null : new BitRows(rows, Words);
        Home = new BitRows(measure == CopyMeasure.Crossing ? 0 : problem.Cluster.Ranks, Words);
        First = new BitRows(measure == CopyMeasure.Coherent ? Layers : 0, Words);
        Surplus = new long[Layers];
        repeats = new List<int>?[rows];
        links = new BitRows?[Layers * Layers];
        Read(problem, stride);
    }

    public CopyMeasure Measure { get; }

    public int Layers { get; }

    public int Experts { get; }

    /// <summary>Tokens that have a bit: all of the slice, or every n-th where all would not fit.</summary>
    public int Tokens { get; }

    /// <summary>Words of a row.</summary>
    public int Words { get; }

    /// <summary>[layers * experts] tokens that chose the expert.</summary>
    public BitRows Chosen { get; }

    /// <summary>[layers * experts] tokens whose top-1 the expert is; null at home.</summary>
    public BitRows? Top { get; }

    /// <summary>[ranks] tokens whose home the rank is; none of measure crossing.</summary>
    public BitRows Home { get; }

    /// <summary>[layers] coherent: tokens that come to the layer from their home, not having had an expert before.</summary>
    public BitRows First { get; }

    /// <summary>
    /// [layers] what the measure counts too much in a layer, wherever the experts are: coherent, one for every token with experts (the
    /// combine to its own top-1 costs nothing); crossing, one for every token without a top-1 in the layer before.
    /// </summary>
    public long[] Surplus { get; }

    /// <summary>
    /// Whether the top-1 of some token in a layer attracts it in a later one; <paramref name="mask"/> receives the tokens of which that
    /// holds, null where all that have experts in the next layer are meant.
    /// </summary>
    public bool Links(int from, int to, out BitRows? mask)
    {
        mask = links[from * Layers + to];
        return to == from + 1 || mask is not null;
    }

    /// <summary>Further times that tokens name an expert, row layer * experts + expert, in order; null for none.</summary>
    public List<int>? Repeats(int row) => repeats[row];

    private void Read(PlacementProblem problem, long stride)
    {
        var (slice, ranks, topK) = (problem.Slice!, problem.Cluster.Ranks, problem.Model.TopK);
        foreach (var block in slice.Blocks())
        {
            for (var i = 0; i < block.Count; i++)
            {
                var ordinal = block.FirstOrdinal + i;
                if (ordinal % stride != 0)
                    continue;
                var token = (int)(ordinal / stride);
                var home = block.Home[i];
                if (home >= ranks)
                {
                    throw new InputException(
                        slice.Trace.Path, $"home[{block.Row[i]}]", home,
                        $"0 to {ranks - 1}, the ranks of the cluster; try the cluster that the trace was recorded on");
                }
                if (Measure != CopyMeasure.Crossing)
                    Home.Set(home >= 0 ? home : block.SequenceOrdinal[i] % ranks, token);
                var width = Layers * topK;
                ReadToken(
                    token, block.Experts.AsSpan(i * width, width), topK,
                    Measure == CopyMeasure.Home ? default : block.TopOne.AsSpan(i * Layers, Layers));
            }
        }
    }

    private void ReadToken(int token, ReadOnlySpan<ushort> choices, int topK, ReadOnlySpan<ushort> topOne)
    {
        var before = -1;
        for (var layer = 0; layer < Layers; layer++)
        {
            foreach (var choice in choices.Slice(layer * topK, topK))
                if (choice != RoutingTrace.NoExpert)
                    Choose(layer * Experts + choice, token);
            if (topOne.IsEmpty || topOne[layer] == RoutingTrace.NoExpert)
                continue;
            Top!.Set(layer * Experts + topOne[layer], token);
            if (Measure == CopyMeasure.Coherent || before != layer - 1 || layer == 0)
                Surplus[layer]++;
            if (Measure == CopyMeasure.Coherent)
                Link(before, layer, token);
            before = layer;
        }
    }

    private unsafe void Choose(int row, int token)
    {
        if ((Chosen.Row(row)[token >> 6] >> (token & 63) & 1) != 0)
            (repeats[row] ??= []).Add(token);
        else
            Chosen.Set(row, token);
    }

    private void Link(int before, int layer, int token)
    {
        if (before < 0)
            First.Set(layer, token);
        else if (before + 1 < layer)
            (links[before * Layers + layer] ??= new BitRows(1, Words)).Set(0, token);
    }
}
