using System.Runtime.CompilerServices;
using MoEPlace.Traces;

namespace MoEPlace.Evaluation;

/// <summary>
/// Which replica of an expert serves a token: the one on the token's rank, else one on its node, else any; among several, sorted by
/// rank, number (token ordinal mod count).
/// </summary>
public sealed class DispatchRule
{
    /// <summary>Turns after which a pattern of shares repeats: shares are kept to a 512th.</summary>
    private const int Turns = 256;

    /// <summary>The most (node, expert) cells for which it is kept whether the node has a replica.</summary>
    private const long MostNearCells = 1L << 24;

    private readonly int[] start;
    private readonly int[] ranks;
    private readonly int experts;
    private readonly int ranksPerNode;
    private readonly int[] nodeOf;
    private readonly bool[]? near;
    private ushort[]?[]? turns;

    /// <summary>Makes the rule for a placement.</summary>
    public DispatchRule(ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        experts = placement.Experts;
        ranksPerNode = placement.RanksPerNode;
        start = new int[placement.Layers * experts + 1];
        var flat = new List<int>(start.Length);
        for (var cell = 0; cell < start.Length - 1; cell++)
        {
            foreach (var rank in placement.RanksOf(new LayerId(cell / experts), new ExpertId(cell % experts)))
                flat.Add(rank);
            start[cell + 1] = flat.Count;
        }
        ranks = [.. flat];
        nodeOf = [.. Enumerable.Range(0, placement.Ranks).Select(rank => rank / ranksPerNode)];
        near = placement.HasReplicas && (long)placement.Nodes * (start.Length - 1) <= MostNearCells ? Near(placement.Nodes) : null;
    }

    /// <summary>Replicas of all experts in all layers; numbered by layer, expert, rank.</summary>
    internal int Replicas => ranks.Length;

    /// <summary>[replicas] the rank of each.</summary>
    internal int[] Ranks => ranks;

    /// <summary>[layers * experts + 1] the first replica of each expert.</summary>
    internal int[] Start => start;

    /// <summary>The rank that serves a token.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="expert">One of the token's experts.</param>
    /// <param name="source">The rank that the token is sent from.</param>
    /// <param name="tokenOrdinal">The number of the token among those that are run, 0 or more.</param>
    public RankId Choose(LayerId layer, ExpertId expert, RankId source, long tokenOrdinal) =>
        new(ranks[Replica(layer.Value * experts + expert.Value, source.Value, tokenOrdinal)]);

    /// <summary>The replicas that the rule chooses among, as a range of the sorted ranks of an expert.</summary>
    /// <param name="ranksOfExpert">The ranks that hold the expert, rising; at least one.</param>
    /// <param name="source">The rank that the token is sent from.</param>
    /// <param name="ranksPerNode">Ranks on each node.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (int First, int Count) Candidates(ReadOnlySpan<int> ranksOfExpert, RankId source, int ranksPerNode)
    {
        var nodeBegin = source.Value / ranksPerNode * ranksPerNode;
        var nodeEnd = nodeBegin + ranksPerNode;
        int before = 0, upTo = 0, own = -1;
        // No branches: where the replicas of an expert are is nothing that a predictor guesses.
        for (var i = 0; i < ranksOfExpert.Length; i++)
        {
            var rank = ranksOfExpert[i];
            before += rank < nodeBegin ? 1 : 0;
            upTo += rank < nodeEnd ? 1 : 0;
            own = rank == source.Value ? i : own;
        }
        if (own >= 0)
            return (own, 1);
        return upTo > before ? (before, upTo - before) : (0, ranksOfExpert.Length);
    }

    /// <summary>The replica, numbered as <see cref="Ranks"/>, that serves a token from <paramref name="source"/>.</summary>
    /// <param name="cell">layer * experts + expert.</param>
    /// <param name="source">The rank that the token is sent from.</param>
    /// <param name="tokenOrdinal">The number of the token.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal int Replica(int cell, int source, long tokenOrdinal)
    {
        var (begin, end) = (start[cell], start[cell + 1]);
        if (end - begin == 1)
            return begin;
        var (first, count) = (0, end - begin);
        // With many nodes hardly any is near, and then all are candidates.
        if (near is null || near[nodeOf[source] * (start.Length - 1) + cell])
            (first, count) = Candidates(ranks.AsSpan(begin..end), new RankId(source), ranksPerNode);
        // 32 bits where they are enough: a division of 64 takes several times as long.
        return begin + first + (int)(tokenOrdinal <= uint.MaxValue ? (uint)tokenOrdinal % (uint)count : tokenOrdinal % count);
    }

    /// <summary>
    /// The replica that serves the next token of an expert when its replicas take turns: one after the other, or in the turns that their
    /// shares come to.
    /// </summary>
    /// <param name="cell">layer * experts + expert.</param>
    /// <param name="use">The number of the token among those of this expert in this layer.</param>
    internal int ReplicaInTurn(int cell, long use)
    {
        var (begin, end) = (start[cell], start[cell + 1]);
        if (end - begin == 1)
            return begin;
        return begin + (turns?[cell] is { } turn ? turn[use % Turns] : (int)(use % (end - begin)));
    }

    /// <summary>The rule under which replicas serve the shares that make the busiest rank least busy on the tokens of a slice.</summary>
    /// <param name="placement">The map.</param>
    /// <param name="slice">The tokens whose load is split.</param>
    /// <param name="cluster">How fast each rank is.</param>
    internal static DispatchRule Balanced(ExpertPlacement placement, TraceSlice slice, Cluster cluster)
    {
        var rule = new DispatchRule(placement);
        if (!placement.HasReplicas)
            return rule;
        var counts = RoutingCounts.Of(slice);
        double[] speeds = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => cluster.SpeedOf(new RankId(rank)))];
        var share = new double[rule.Replicas];
        var starts = new int[rule.experts + 1];
        rule.turns = new ushort[placement.Layers * rule.experts][];
        for (var layer = 0; layer < placement.Layers; layer++)
        {
            var cells = rule.start.AsSpan(layer * rule.experts, rule.experts + 1);
            for (var e = 0; e <= rule.experts; e++)
                starts[e] = cells[e] - cells[0];
            var range = cells[0]..cells[^1];
            ReplicaShares.Split(counts.Load(layer), starts, rule.ranks.AsSpan(range), speeds, share.AsSpan(range));
            for (var e = 0; e < rule.experts; e++)
                if (cells[e + 1] - cells[e] > 1)
                    rule.turns[layer * rule.experts + e] = ToTurns(share.AsSpan(cells[e]..cells[e + 1]));
        }
        return rule;
    }

    /// <summary>[nodes, layers * experts] whether a node has a replica.</summary>
    private bool[] Near(int nodes)
    {
        var cells = start.Length - 1;
        var found = new bool[nodes * cells];
        for (var cell = 0; cell < cells; cell++)
            foreach (var rank in ranks.AsSpan(start[cell]..start[cell + 1]))
                found[nodeOf[rank] * cells + cell] = true;
        return found;
    }

    /// <summary>Turn by turn the replica that is farthest behind its share.</summary>
    private static ushort[] ToTurns(ReadOnlySpan<double> share)
    {
        var turn = new ushort[Turns];
        var served = new int[share.Length];
        for (var t = 0; t < Turns; t++)
        {
            var next = 0;
            for (var r = 1; r < share.Length; r++)
                if (share[r] * (t + 1) - served[r] > share[next] * (t + 1) - served[next])
                    next = r;
            (turn[t], served[next]) = ((ushort)next, served[next] + 1);
        }
        return turn;
    }
}
