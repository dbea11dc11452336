namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Layers of equally many experts that shall be divided over equal parts (ranks, or whole nodes) so that as much of the transition
/// weight as possible stays inside a part. Costs are whole numbers: a transition that stays on its rank keeps
/// <see cref="RankWeight"/>, one that stays on its node keeps <see cref="NodeWeight"/> more.
/// </summary>
internal sealed class ChainProblem
{
    /// <summary>One GPU crossing in units of the objective: node weights are fractions of it.</summary>
    public const int Unit = 64;

    /// <summary>Beyond this a GPU crossing is nothing beside a node crossing, and sums might overflow.</summary>
    private const int MostNodeWeight = Unit << 10;

    public required int Layers { get; init; }

    /// <summary>Experts per layer.</summary>
    public required int Experts { get; init; }

    public required int Parts { get; init; }

    /// <summary>Experts of each part in each layer.</summary>
    public int Capacity => Experts / Parts;

    /// <summary>[layers - 1][experts, experts] tokens from the row's expert to the column's in the next layer.</summary>
    public required int[][] Transitions { get; init; }

    /// <summary>
    /// [layers][experts, experts] symmetric, diagonal 0: weight that two experts of one layer keep when they share a part; null for none.
    /// </summary>
    public int[][]? Together { get; init; }

    /// <summary>[layers][experts] (token, expert) pairs.</summary>
    public required long[][] Load { get; init; }

    /// <summary>[layers] the most load of a part; long.MaxValue for no limit.</summary>
    public required long[] LoadLimit { get; init; }

    /// <summary>[parts] the node of each part.</summary>
    public required int[] NodeOf { get; init; }

    public required int RankWeight { get; init; }

    public required int NodeWeight { get; init; }

    public bool HasLoadLimit => Array.Exists(LoadLimit, limit => limit != long.MaxValue);

    /// <summary>All weight: what would be kept if nothing were apart.</summary>
    public long TotalWeight =>
        (Transitions.Sum(t => t.Sum(c => (long)c)) + (Together?.Sum(t => t.Sum(c => (long)c)) ?? 0) / 2) * (RankWeight + NodeWeight);

    /// <summary>What a transition between two parts keeps.</summary>
    public int Kept(int from, int to) => from == to ? RankWeight + NodeWeight : NodeOf[from] == NodeOf[to] ? NodeWeight : 0;

    /// <summary>The kept weight of a whole division, from scratch.</summary>
    /// <param name="partOf">[layers, experts].</param>
    public long KeptWeight(ReadOnlySpan<int> partOf)
    {
        var kept = 0L;
        for (var layer = 0; layer + 1 < Layers; layer++)
        {
            var from = partOf.Slice(layer * Experts, Experts);
            var to = partOf.Slice((layer + 1) * Experts, Experts);
            for (var e = 0; e < Experts; e++)
                for (var f = 0; f < Experts; f++)
                    kept += (long)Transitions[layer][e * Experts + f] * Kept(from[e], to[f]);
        }
        for (var layer = 0; Together is not null && layer < Layers; layer++)
        {
            var part = partOf.Slice(layer * Experts, Experts);
            for (var a = 0; a < Experts; a++)
                for (var b = 0; b < a; b++)
                    kept += (long)Together[layer][a * Experts + b] * Kept(part[a], part[b]);
        }
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
            foreach (var l in load)
                over += Math.Max(0, l - LoadLimit[layer]);
        }
        return over;
    }

    /// <summary>The chain whose kept weight is what does not cross: top-1 transitions.</summary>
    /// <param name="problem">A problem whose counts have transitions.</param>
    /// <param name="limits">[layers] the most load of a rank.</param>
    public static ChainProblem OfCrossing(PlacementProblem problem, long[] limits) =>
        Of(problem, limits, [.. Enumerable.Range(0, problem.Counts.Layers - 1).Select(l => ToInt(problem.Counts.Transitions(l)))]);

    private static ChainProblem Of(PlacementProblem problem, long[] limits, int[][] transitions)
    {
        var (counts, cluster) = (problem.Counts, problem.Cluster);
        return new ChainProblem
        {
            Layers = counts.Layers,
            Experts = counts.Experts,
            Parts = cluster.Ranks,
            Transitions = transitions,
            Load = [.. Enumerable.Range(0, counts.Layers).Select(l => counts.Load(l).ToArray())],
            LoadLimit = limits,
            NodeOf = [.. Enumerable.Range(0, cluster.Ranks).Select(r => r / cluster.RanksPerNode)],
            RankWeight = Unit,
            NodeWeight = (int)Math.Min(Math.Round(Unit * cluster.NodeCrossingWeight), MostNodeWeight),
        };
    }

    /// <summary>The same chain with whole nodes as parts: what crosses nodes is all that counts.</summary>
    public ChainProblem OfNodes()
    {
        var nodes = NodeOf.Max() + 1;
        return new ChainProblem
        {
            Layers = Layers,
            Experts = Experts,
            Parts = nodes,
            Transitions = Transitions,
            Together = Together,
            Load = Load,
            LoadLimit = [.. LoadLimit.Select(l => l > long.MaxValue / Parts ? long.MaxValue : l * (Parts / nodes))],
            NodeOf = [.. Enumerable.Range(0, nodes)],
            RankWeight = Math.Max(1, NodeWeight),
            NodeWeight = 0,
        };
    }

    /// <summary>The chain inside one node: its experts of each layer over its ranks.</summary>
    /// <param name="experts">[layers][experts of the node] ascending.</param>
    /// <param name="ranks">Ranks of the node.</param>
    public ChainProblem Inside(int[][] experts, int ranks) => new()
    {
        Layers = Layers,
        Experts = experts[0].Length,
        Parts = ranks,
        Transitions = [.. Enumerable.Range(0, Layers - 1).Select(l => Sub(Transitions[l], experts[l], experts[l + 1]))],
        Together = Together is null ? null : [.. Enumerable.Range(0, Layers).Select(l => Sub(Together[l], experts[l], experts[l]))],
        Load = [.. Enumerable.Range(0, Layers).Select(l => experts[l].Select(e => Load[l][e]).ToArray())],
        LoadLimit = LoadLimit,
        NodeOf = new int[ranks],
        RankWeight = RankWeight,
        NodeWeight = 0,
    };

    private int[] Sub(int[] transitions, int[] rows, int[] columns)
    {
        var sub = new int[rows.Length * columns.Length];
        for (var i = 0; i < rows.Length; i++)
            for (var j = 0; j < columns.Length; j++)
                sub[i * columns.Length + j] = transitions[rows[i] * Experts + columns[j]];
        return sub;
    }

    private static int[] ToInt(ReadOnlySpan<long> counts)
    {
        var result = new int[counts.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = counts[i] <= int.MaxValue
                ? (int)counts[i]
                : throw new InputException("place", "trace", counts[i], $"at most {int.MaxValue} tokens with the same transition");
        return result;
    }
}
