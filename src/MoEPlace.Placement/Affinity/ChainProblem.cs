namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Layers of equally many experts that shall be divided over parts (ranks, or whole nodes) so that as much of the transition weight as
/// possible stays inside a part. Costs are whole numbers: a transition that stays on its rank keeps <see cref="RankWeight"/>, one that
/// stays on its node keeps <see cref="NodeWeight"/> more.
/// </summary>
internal sealed class ChainProblem
{
    private readonly Lazy<int[][]> reversed;

    public ChainProblem() => reversed = new Lazy<int[][]>(() => [.. Transitions!.Select(t => Transposed(t, Experts))]);

    public required int Layers { get; init; }

    /// <summary>Experts per layer.</summary>
    public required int Experts { get; init; }

    public int Parts => CapacityOf.Length;

    /// <summary>[parts] experts of each part in each layer; together all experts.</summary>
    public required int[] CapacityOf { get; init; }

    /// <summary>[layers - 1][experts, experts] tokens from the row's expert to the column's in the next layer.</summary>
    public required int[][] Transitions { get; init; }

    /// <summary>[layers - 1][experts, experts] the same with rows and columns exchanged.</summary>
    public int[][] Reversed => reversed.Value;

    /// <summary>
    /// [layers][experts, experts] symmetric, diagonal 0: weight that two experts of one layer keep when they share a part; null for none.
    /// </summary>
    public int[][]? Together { get; init; }

    /// <summary>[layers][experts] (token, expert) pairs.</summary>
    public required long[][] Load { get; init; }

    /// <summary>[layers][parts] the most load of a part; long.MaxValue for no limit.</summary>
    public required long[][] LoadLimit { get; init; }

    /// <summary>[parts] the node of each part.</summary>
    public required int[] NodeOf { get; init; }

    public int Nodes => NodeOf.Max() + 1;

    public required int RankWeight { get; init; }

    public required int NodeWeight { get; init; }

    /// <summary>[layers, experts] the part that an expert is on now; -1 for none. Null where nothing is in force.</summary>
    public int[]? HomeOf { get; init; }

    /// <summary>What an expert keeps on top when it stays where it is now: the price of a move. States must be reset when it changes.</summary>
    public long StayWeight { get; set; }

    /// <summary>The experts of the largest part.</summary>
    public int MostCapacity => CapacityOf.Max();

    /// <summary>Whether all parts hold equally many experts.</summary>
    public bool HasEqualParts => Array.TrueForAll(CapacityOf, capacity => capacity == CapacityOf[0]);

    public bool HasLoadLimit => Array.Exists(LoadLimit, IsLimited);

    /// <summary>All weight: what would be kept if nothing were apart and nothing moved.</summary>
    public long TotalWeight =>
        (Transitions.Sum(t => t.Sum(c => (long)c)) + (Together?.Sum(t => t.Sum(c => (long)c)) ?? 0) / 2) * (RankWeight + NodeWeight)
        + (HomeOf?.Count(home => home >= 0) ?? 0) * StayWeight;

    /// <summary>True when some part of a layer has a load limit.</summary>
    public static bool IsLimited(long[] limits) => Array.Exists(limits, limit => limit != long.MaxValue);

    /// <summary>What a transition between two parts keeps.</summary>
    public int Kept(int from, int to) => from == to ? RankWeight + NodeWeight : NodeOf[from] == NodeOf[to] ? NodeWeight : 0;

    /// <summary>The kept weight of a whole division, from scratch.</summary>
    /// <param name="partOf">[layers, experts].</param>
    public long KeptWeight(ReadOnlySpan<int> partOf)
    {
        var kept = 0L;
        for (var layer = 0; layer < Layers; layer++)
        {
            if (layer + 1 < Layers)
                kept += KeptBetween(layer, partOf.Slice(layer * Experts, Experts), partOf.Slice((layer + 1) * Experts, Experts));
            kept += KeptInside(layer, partOf.Slice(layer * Experts, Experts));
        }
        return kept;
    }

    /// <summary>What the transitions after a layer keep.</summary>
    /// <param name="layer">The first of the two layers.</param>
    /// <param name="from">[experts] the part of each expert of the layer.</param>
    /// <param name="to">[experts] that of each of the next.</param>
    public long KeptBetween(int layer, ReadOnlySpan<int> from, ReadOnlySpan<int> to)
    {
        var kept = 0L;
        for (var e = 0; e < Experts; e++)
        {
            var row = Transitions[layer].AsSpan(e * Experts, Experts);
            for (var f = 0; f < row.Length; f++)
                if (row[f] != 0)
                    kept += (long)row[f] * Kept(from[e], to[f]);
        }
        return kept;
    }

    /// <summary>What a layer keeps by itself: pairs that share a part, experts that stay.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="part">[experts] the part of each of its experts.</param>
    public long KeptInside(int layer, ReadOnlySpan<int> part)
    {
        var kept = 0L;
        for (var e = 0; HomeOf is not null && e < Experts; e++)
            kept += HomeOf[layer * Experts + e] == part[e] ? StayWeight : 0;
        for (var a = 0; Together is not null && a < Experts; a++)
            for (var b = 0; b < a; b++)
                kept += (long)Together[layer][a * Experts + b] * Kept(part[a], part[b]);
        return kept;
    }

    /// <summary>Load beyond the limits, summed over layers and parts; 0 when every limit holds.</summary>
    public long Overload(ReadOnlySpan<int> partOf)
    {
        var over = 0L;
        var load = new long[Parts];
        for (var layer = 0; layer < Layers; layer++)
        {
            Array.Clear(load);
            for (var e = 0; e < Experts; e++)
                load[partOf[layer * Experts + e]] += Load[layer][e];
            for (var part = 0; part < load.Length; part++)
                over += Math.Max(0, load[part] - LoadLimit[layer][part]);
        }
        return over;
    }

    /// <summary>The same chain with something in force that one may stay with, and other load limits.</summary>
    /// <param name="homeOf">[layers, experts] the part that an expert is on now; -1 for none.</param>
    /// <param name="loadLimit">[layers][parts].</param>
    public ChainProblem Staying(int[] homeOf, long[][] loadLimit) => new()
    {
        Layers = Layers,
        Experts = Experts,
        CapacityOf = CapacityOf,
        Transitions = Transitions,
        Together = Together,
        Load = Load,
        LoadLimit = loadLimit,
        NodeOf = NodeOf,
        RankWeight = RankWeight,
        NodeWeight = NodeWeight,
        HomeOf = homeOf,
    };

    /// <summary>The same chain with whole nodes as parts: what crosses nodes is all that counts.</summary>
    public ChainProblem OfNodes() => new()
    {
        Layers = Layers,
        Experts = Experts,
        CapacityOf = [.. Enumerable.Range(0, Nodes).Select(node => RanksOf(node).Sum(rank => CapacityOf[rank]))],
        Transitions = Transitions,
        Together = Together,
        Load = Load,
        LoadLimit = [.. LoadLimit.Select(limits => Enumerable.Range(0, Nodes).Select(node => SumOrNone(RanksOf(node), limits)).ToArray())],
        NodeOf = [.. Enumerable.Range(0, Nodes)],
        RankWeight = Math.Max(1, NodeWeight),
        NodeWeight = 0,
    };

    /// <summary>The chain inside one node: its experts of each layer over its ranks.</summary>
    /// <param name="node">The node.</param>
    /// <param name="experts">[layers][experts of the node] ascending.</param>
    public ChainProblem Inside(int node, int[][] experts) => new()
    {
        Layers = Layers,
        Experts = experts[0].Length,
        CapacityOf = [.. RanksOf(node).Select(rank => CapacityOf[rank])],
        Transitions = [.. Enumerable.Range(0, Layers - 1).Select(l => Sub(Transitions[l], experts[l], experts[l + 1]))],
        Together = Together is null ? null : [.. Enumerable.Range(0, Layers).Select(l => Sub(Together[l], experts[l], experts[l]))],
        Load = [.. Enumerable.Range(0, Layers).Select(l => experts[l].Select(e => Load[l][e]).ToArray())],
        LoadLimit = [.. LoadLimit.Select(limits => RanksOf(node).Select(rank => limits[rank]).ToArray())],
        NodeOf = new int[RanksOf(node).Count()],
        RankWeight = RankWeight,
        NodeWeight = 0,
    };

    /// <summary>The ranks of a node, rising.</summary>
    public IEnumerable<int> RanksOf(int node) => Enumerable.Range(0, Parts).Where(part => NodeOf[part] == node);

    private static long SumOrNone(IEnumerable<int> ranks, long[] limits) =>
        ranks.Aggregate(0L, (sum, rank) => sum > long.MaxValue - limits[rank] ? long.MaxValue : sum + limits[rank]);

    private static int[] Transposed(int[] square, int n)
    {
        var result = new int[square.Length];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                result[j * n + i] = square[i * n + j];
        return result;
    }

    private int[] Sub(int[] transitions, int[] rows, int[] columns)
    {
        var sub = new int[rows.Length * columns.Length];
        for (var i = 0; i < rows.Length; i++)
            for (var j = 0; j < columns.Length; j++)
                sub[i * columns.Length + j] = transitions[rows[i] * Experts + columns[j]];
        return sub;
    }
}
