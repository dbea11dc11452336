using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Work;

/// <summary>
/// The all-gather of residency coherent: once a step every rank sends the keys and values that its tokens added, in all layers of the
/// model, to every other rank that is left, directly (as StepModel has it).
/// </summary>
internal static class ContextGathering
{
    /// <summary>What travels.</summary>
    /// <param name="resident">[layers + 1, ranks] tokens at each rank before each MoE layer and after the last.</param>
    /// <param name="model">Which layers are MoE.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="options">Bytes, lost ranks.</param>
    internal static ExchangeTraffic Of(ReadOnlySpan<int> resident, MoEModel model, Cluster cluster, WorkOptions options)
    {
        var ranks = cluster.Ranks;
        var own = new long[ranks];
        for (var position = 0; position <= model.Layers; position++)
        {
            var begin = position == 0 ? 0 : model.MoeLayerIds[position - 1] + 1;
            var end = position == model.Layers ? model.HiddenLayers : model.MoeLayerIds[position] + 1;
            for (var rank = 0; rank < ranks; rank++)
                own[rank] += checked((long)(end - begin) * resident[position * ranks + rank] * options.ContextBytesPerTokenLayer);
        }
        int[] left = [.. Enumerable.Range(0, ranks).Except(options.LostRanks)];
        return ranks <= options.PairRanks ? Pairs(own, left, cluster.RanksPerNode) : Ports(own, left, cluster);
    }

    private static ExchangeTraffic Pairs(long[] own, int[] left, int ranksPerNode)
    {
        var pairs = new long[own.Length * own.Length];
        foreach (var from in left)
            foreach (var to in left)
                pairs[from * own.Length + to] = from == to ? 0 : own[from];
        return ExchangeTraffic.OfPairs(own.Length, ranksPerNode, pairs);
    }

    private static ExchangeTraffic Ports(long[] own, int[] left, Cluster cluster)
    {
        var (ranks, perNode) = (cluster.Ranks, cluster.RanksPerNode);
        int[] leafOf = [.. Enumerable.Range(0, ranks).Select(rank => cluster.LeafOf(new RankId(rank)))];
        var (leftOfNode, bytesOfNode) = (new int[cluster.Nodes], new long[cluster.Nodes]);
        var (leftOfLeaf, bytesOfLeaf) = (new int[leafOf[^1] + 1], new long[leafOf[^1] + 1]);
        var isLeft = new bool[ranks];
        foreach (var rank in left)
        {
            isLeft[rank] = true;
            leftOfNode[rank / perNode]++;
            bytesOfNode[rank / perNode] += own[rank];
            leftOfLeaf[leafOf[rank]]++;
            bytesOfLeaf[leafOf[rank]] += own[rank];
        }
        var all = bytesOfNode.Sum();
        var ports = new PortSums(ranks);
        var peers = 0;
        foreach (var rank in left)
        {
            var (node, leaf) = (rank / perNode, leafOf[rank]);
            int[] mates = [.. Enumerable.Range(node * perNode, perNode).Where(mate => isLeft[mate] && leafOf[mate] != leaf)];
            ports.IntraNodeOut[rank] = checked(own[rank] * (leftOfNode[node] - 1));
            ports.IntraNodeIn[rank] = bytesOfNode[node] - own[rank];
            ports.InterNodeOut[rank] = checked(own[rank] * (left.Length - leftOfNode[node]));
            ports.InterNodeIn[rank] = all - bytesOfNode[node];
            // Mates under another leaf switch are reached within the node.
            ports.SpineOut[rank] = checked(own[rank] * (left.Length - leftOfLeaf[leaf] - mates.Length));
            ports.SpineIn[rank] = all - bytesOfLeaf[leaf] - mates.Sum(mate => own[mate]);
            peers = Math.Max(peers, left.Length - leftOfNode[node]);
        }
        return ExchangeTraffic.OfPorts(perNode, ports, peers);
    }
}
