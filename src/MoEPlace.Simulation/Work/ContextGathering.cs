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
        var (ranks, perNode) = (cluster.Ranks, cluster.RanksPerNode);
        var own = new long[ranks];
        for (var position = 0; position <= model.Layers; position++)
        {
            var begin = position == 0 ? 0 : model.MoeLayerIds[position - 1] + 1;
            var end = position == model.Layers ? model.HiddenLayers : model.MoeLayerIds[position] + 1;
            for (var rank = 0; rank < ranks; rank++)
                own[rank] += checked((long)(end - begin) * resident[position * ranks + rank] * options.ContextBytesPerTokenLayer);
        }
        int[] left = [.. Enumerable.Range(0, ranks).Except(options.LostRanks)];
        return ranks <= options.PairRanks ? Pairs(own, left, perNode) : Ports(own, left, perNode);
    }

    private static ExchangeTraffic Pairs(long[] own, int[] left, int ranksPerNode)
    {
        var pairs = new long[own.Length * own.Length];
        foreach (var from in left)
            foreach (var to in left)
                pairs[from * own.Length + to] = from == to ? 0 : own[from];
        return ExchangeTraffic.OfPairs(own.Length, ranksPerNode, pairs);
    }

    private static ExchangeTraffic Ports(long[] own, int[] left, int ranksPerNode)
    {
        var (ranks, nodes) = (own.Length, own.Length / ranksPerNode);
        var (leftOfNode, bytesOfNode) = (new int[nodes], new long[nodes]);
        foreach (var rank in left)
        {
            leftOfNode[rank / ranksPerNode]++;
            bytesOfNode[rank / ranksPerNode] += own[rank];
        }
        var all = bytesOfNode.Sum();
        var (intraNodeOut, intraNodeIn, interNodeOut, interNodeIn) = (new long[ranks], new long[ranks], new long[ranks], new long[ranks]);
        foreach (var rank in left)
        {
            var node = rank / ranksPerNode;
            intraNodeOut[rank] = checked(own[rank] * (leftOfNode[node] - 1));
            interNodeOut[rank] = checked(own[rank] * (left.Length - leftOfNode[node]));
            intraNodeIn[rank] = bytesOfNode[node] - own[rank];
            interNodeIn[rank] = all - bytesOfNode[node];
        }
        return ExchangeTraffic.OfPorts(ranksPerNode, new long[ranks], intraNodeOut, intraNodeIn, interNodeOut, interNodeIn);
    }
}
