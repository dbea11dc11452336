using MoEPlace.Traces;

namespace MoEPlace.Placement.Policies.MoETuner;

/// <summary>
/// The clusters of all layers and the tokens between them: what MoETuner's second program is about. A token whose top-1 experts of two
/// adjacent layers lie on different ranks of a node costs <see cref="RankCost"/>, on different nodes <see cref="NodeCost"/> more.
/// <para>On one node, or with one rank per node, only the permutation between two adjacent layers counts, and any sequence of permutations
/// can be had, as they compose: an exact assignment of each pair of layers is the optimum of the whole.</para>
/// </summary>
internal sealed class ClusterChain
{
    private const int FinestUnit = 64;
    private const double MostNodeWeight = 1024;
    private readonly long[][] flow;

    /// <summary>Takes the clusters together.</summary>
    /// <param name="counts">With transitions.</param>
    /// <param name="clusterOf">[layers][experts] -> cluster, as many clusters as ranks.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    internal ClusterChain(RoutingCounts counts, int[][] clusterOf, Cluster cluster)
    {
        (Layers, Ranks, RanksPerNode) = (counts.Layers, cluster.Ranks, cluster.RanksPerNode);
        flow = new long[Layers - 1][];
        for (var layer = 0; layer + 1 < Layers; layer++)
        {
            var transitions = counts.Transitions(layer);
            flow[layer] = new long[Ranks * Ranks];
            for (var a = 0; a < counts.Experts; a++)
                for (var b = 0; b < counts.Experts; b++)
                    flow[layer][clusterOf[layer][a] * Ranks + clusterOf[layer + 1][b]] += transitions[a * counts.Experts + b];
        }
        // Costs of an assignment are whole numbers within a range: the unit gets coarser for very many tokens.
        var nodeWeight = Math.Min(cluster.NodeCrossingWeight, MostNodeWeight);
        RankCost = FinestUnit;
        while (RankCost > 1 && 2.0 * counts.Tokens * RankCost * (1 + nodeWeight) > LinearAssignment.MaxCost)
            RankCost /= 2;
        NodeCost = (long)Math.Round(RankCost * nodeWeight);
    }

    internal int Layers { get; }

    /// <summary>Ranks, and clusters of every layer.</summary>
    internal int Ranks { get; }

    internal int RanksPerNode { get; }

    internal int Nodes => Ranks / RanksPerNode;

    internal long RankCost { get; }

    internal long NodeCost { get; }

    /// <summary>True when a pair of layers can be assigned by itself, so that <see cref="Assign"/> gives the optimum.</summary>
    internal bool IsSeparable => Nodes == 1 || RanksPerNode == 1 || NodeCost == 0;

    /// <summary>[ranks, ranks] tokens from the row's cluster to the column's in the next layer.</summary>
    internal ReadOnlySpan<long> Flow(int layer) => flow[layer];

    /// <summary>What the tokens cost that leave their rank or node.</summary>
    /// <param name="rankOf">[layers][clusters] -> rank.</param>
    internal long Cost(int[][] rankOf)
    {
        var cost = 0L;
        for (var layer = 0; layer + 1 < Layers; layer++)
            for (var c = 0; c < Ranks; c++)
                for (var d = 0; d < Ranks; d++)
                    cost += flow[layer][c * Ranks + d] * Between(rankOf[layer][c], rankOf[layer + 1][d]);
        return cost;
    }

    /// <summary>
    /// Layer after layer, the assignment that is best after the one before; then, until nothing is won, the one that is best between its
    /// neighbours as they are.
    /// </summary>
    /// <returns>[layers][clusters] -> rank.</returns>
    internal int[][] Assign()
    {
        var solver = new LinearAssignment(Ranks);
        var rankOf = new int[Layers][];
        rankOf[0] = [.. Enumerable.Range(0, Ranks)];
        for (var layer = 1; layer < Layers; layer++)
        {
            rankOf[layer] = new int[Ranks];
            solver.Minimize(CostOf(layer, rankOf, after: false), rankOf[layer]);
        }
        var least = Cost(rankOf);
        for (var won = !IsSeparable; won;)
        {
            for (var layer = 0; layer < Layers; layer++)
                solver.Minimize(CostOf(layer, rankOf, after: true), rankOf[layer]);
            var cost = Cost(rankOf);
            (won, least) = (cost < least, cost);
        }
        return rankOf;
    }

    /// <summary>The ranks that are best for clusters whose nodes are given: inside a node, pairs of layers separate.</summary>
    /// <param name="nodeOf">[layers][clusters] -> node.</param>
    /// <returns>[layers][clusters] -> rank.</returns>
    internal int[][] AssignWithin(int[][] nodeOf)
    {
        var solver = new LinearAssignment(RanksPerNode);
        var (cost, column) = (new long[RanksPerNode * RanksPerNode], new int[RanksPerNode]);
        var rankOf = new int[Layers][];
        for (var layer = 0; layer < Layers; layer++)
        {
            rankOf[layer] = new int[Ranks];
            for (var node = 0; node < Nodes; node++)
            {
                var own = Enumerable.Range(0, Ranks).Where(c => nodeOf[layer][c] == node).ToArray();
                for (var i = 0; i < column.Length; i++)
                    column[i] = i;
                if (layer > 0)
                {
                    for (var i = 0; i < cost.Length; i++)
                        cost[i] = 0;
                    for (var before = 0; before < Ranks; before++)
                        for (var i = 0; i < own.Length && nodeOf[layer - 1][before] == node; i++)
                            cost[i * own.Length + rankOf[layer - 1][before] % RanksPerNode] = -flow[layer - 1][before * Ranks + own[i]];
                    solver.Minimize(cost, column);
                }
                for (var i = 0; i < own.Length; i++)
                    rankOf[layer][own[i]] = node * RanksPerNode + column[i];
            }
        }
        return rankOf;
    }

    private long Between(int a, int b) => a == b ? 0 : a / RanksPerNode == b / RanksPerNode ? RankCost : RankCost + NodeCost;

    /// <summary>[clusters, ranks] what each cluster of a layer costs on each rank, seen from the layers before and after it.</summary>
    private long[] CostOf(int layer, int[][] rankOf, bool after)
    {
        var cost = new long[Ranks * Ranks];
        for (var other = 0; other < Ranks; other++)
        {
            for (var c = 0; c < Ranks; c++)
            {
                if (layer > 0 && flow[layer - 1][other * Ranks + c] is > 0 and var into)
                    Add(cost.AsSpan(c * Ranks, Ranks), into, rankOf[layer - 1][other]);
                if (after && layer + 1 < Layers && flow[layer][c * Ranks + other] is > 0 and var outOf)
                    Add(cost.AsSpan(c * Ranks, Ranks), outOf, rankOf[layer + 1][other]);
            }
        }
        return cost;
    }

    /// <summary>Adds what tokens between a rank and each other rank save against leaving the node.</summary>
    private void Add(Span<long> row, long tokens, int rank)
    {
        var first = rank / RanksPerNode * RanksPerNode;
        for (var r = first; r < first + RanksPerNode; r++)
            row[r] -= tokens * NodeCost;
        row[rank] -= tokens * RankCost;
    }
}
