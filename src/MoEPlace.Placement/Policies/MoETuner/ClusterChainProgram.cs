using MoEPlace.Placement.Solvers;

namespace MoEPlace.Placement.Policies.MoETuner;

/// <summary>
/// MoETuner's second program: the clusters of every layer to ranks so that the tokens between adjacent layers cost least, a node crossing
/// more than a crossing inside a node. u[layer, cluster, node] is 0 or 1; together[layer, c, d] says that two clusters of adjacent layers
/// share a node, same[layer, c, d] that they share a rank. Those two are fractions in the program: for whole u, the best of them are
/// whole (assignments inside the nodes), and <see cref="ClusterChain.AssignWithin"/> finds them. Nodes are numbered by the first cluster
/// of layer 0 that they hold.
/// </summary>
internal sealed class ClusterChainProgram
{
    private readonly ClusterChain chain;
    private readonly int firstTogether;
    private readonly int firstSame;

    internal ClusterChainProgram(ClusterChain chain)
    {
        this.chain = chain;
        firstTogether = chain.Layers * chain.Ranks * chain.Nodes;
        firstSame = firstTogether + (chain.Layers - 1) * chain.Ranks * chain.Ranks;
        Program = Build();
    }

    /// <summary>What an engine minimises: what is saved, below 0.</summary>
    internal IntegerProgram Program { get; }

    /// <summary>Coefficients of the program for a chain, without building it.</summary>
    internal static long Nonzeros(ClusterChain chain) =>
        (long)(chain.Layers - 1) * chain.Ranks * chain.Ranks * (6L * chain.Nodes + 6) + 2L * chain.Layers * chain.Ranks * chain.Nodes;

    /// <summary>[columns] the values of the columns for ranks, to start an engine from.</summary>
    /// <param name="rankOf">[layers][clusters] -> rank.</param>
    internal double[] ValuesOf(int[][] rankOf)
    {
        var values = new double[Program.Columns];
        var number = NumberOfNode(rankOf[0]);
        for (var layer = 0; layer < chain.Layers; layer++)
            for (var c = 0; c < chain.Ranks; c++)
                values[NodeColumn(layer, c, number[rankOf[layer][c] / chain.RanksPerNode])] = 1;
        for (var layer = 0; layer + 1 < chain.Layers; layer++)
            for (var c = 0; c < chain.Ranks; c++)
                for (var d = 0; d < chain.Ranks; d++)
                {
                    var (from, to) = (rankOf[layer][c], rankOf[layer + 1][d]);
                    values[firstTogether + Pair(layer, c, d)] = from / chain.RanksPerNode == to / chain.RanksPerNode ? 1 : 0;
                    values[firstSame + Pair(layer, c, d)] = from == to ? 1 : 0;
                }
        return values;
    }

    /// <summary>[layers][clusters] the node of each in a solution of the program.</summary>
    internal int[][] NodeOf(ReadOnlySpan<double> values)
    {
        var nodeOf = new int[chain.Layers][];
        for (var layer = 0; layer < nodeOf.Length; layer++)
        {
            nodeOf[layer] = new int[chain.Ranks];
            for (var c = 0; c < chain.Ranks; c++)
                nodeOf[layer][c] = values.Slice(NodeColumn(layer, c, 0), chain.Nodes).IndexOfAnyInRange(0.5, double.MaxValue);
        }
        return nodeOf;
    }

    private int NodeColumn(int layer, int cluster, int node) => (layer * chain.Ranks + cluster) * chain.Nodes + node;

    private int Pair(int layer, int c, int d) => (layer * chain.Ranks + c) * chain.Ranks + d;

    private int[] NumberOfNode(int[] rankOf)
    {
        var number = new int[chain.Nodes];
        Array.Fill(number, -1);
        var next = 0;
        foreach (var rank in rankOf)
            if (number[rank / chain.RanksPerNode] < 0)
                number[rank / chain.RanksPerNode] = next++;
        return number;
    }

    private IntegerProgram Build()
    {
        var builder = new IntegerProgramBuilder();
        for (var layer = 0; layer < chain.Layers; layer++)
            for (var c = 0; c < chain.Ranks; c++)
                for (var node = 0; node < chain.Nodes; node++)
                    builder.AddColumn(0, layer == 0 && node > c ? 0 : 1, 0, whole: true);
        foreach (var cost in new[] { chain.NodeCost, chain.RankCost })
            for (var layer = 0; layer + 1 < chain.Layers; layer++)
                foreach (var tokens in chain.Flow(layer))
                    builder.AddColumn(0, 1, -(double)tokens * cost / chain.RankCost, whole: false);
        AddNodes(builder);
        for (var layer = 0; layer + 1 < chain.Layers; layer++)
        {
            AddPairs(builder, layer);
            AddSums(builder, layer);
        }
        return builder.Build();
    }

    /// <summary>Every cluster on one node, every node with as many clusters as ranks.</summary>
    private void AddNodes(IntegerProgramBuilder builder)
    {
        for (var layer = 0; layer < chain.Layers; layer++)
        {
            for (var c = 0; c < chain.Ranks; c++)
                AddSum(builder, 1, [.. Enumerable.Range(0, chain.Nodes).Select(node => NodeColumn(layer, c, node))]);
            for (var node = 0; node < chain.Nodes; node++)
                AddSum(builder, chain.RanksPerNode, [.. Enumerable.Range(0, chain.Ranks).Select(c => NodeColumn(layer, c, node))]);
        }
    }

    /// <summary>Two clusters share a rank only where they share a node, and a node only where neither is on one without the other.</summary>
    private void AddPairs(IntegerProgramBuilder builder, int layer)
    {
        for (var c = 0; c < chain.Ranks; c++)
        {
            for (var d = 0; d < chain.Ranks; d++)
            {
                var together = firstTogether + Pair(layer, c, d);
                builder.AddRow(0, double.PositiveInfinity, [together, firstSame + Pair(layer, c, d)], [1, -1]);
                for (var node = 0; node < chain.Nodes; node++)
                {
                    int[] columns = [together, NodeColumn(layer, c, node), NodeColumn(layer + 1, d, node)];
                    builder.AddRow(double.NegativeInfinity, 1, columns, [1, 1, -1]);
                    builder.AddRow(double.NegativeInfinity, 1, columns, [1, -1, 1]);
                }
            }
        }
    }

    private void AddSums(IntegerProgramBuilder builder, int layer)
    {
        foreach (var (first, sum) in new[] { (firstTogether, chain.RanksPerNode), (firstSame, 1) })
        {
            for (var c = 0; c < chain.Ranks; c++)
            {
                AddSum(builder, sum, [.. Enumerable.Range(0, chain.Ranks).Select(d => first + Pair(layer, c, d))]);
                AddSum(builder, sum, [.. Enumerable.Range(0, chain.Ranks).Select(d => first + Pair(layer, d, c))]);
            }
        }
    }

    private static void AddSum(IntegerProgramBuilder builder, double sum, int[] columns)
    {
        var ones = new double[columns.Length];
        Array.Fill(ones, 1);
        builder.AddRow(sum, sum, columns, ones);
    }
}
