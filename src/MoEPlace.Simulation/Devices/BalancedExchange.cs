using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Devices;

/// <summary>An exchange in which every rank sends and receives equally much: what benchmarks of libraries measure.</summary>
/// <param name="IntraNodeBytes">Through each port to ranks of the same node, in each direction.</param>
/// <param name="InterNodeBytes">Through each port to other nodes, in each direction.</param>
/// <param name="LocalBytes">What stays on each rank.</param>
public sealed record BalancedExchange(double IntraNodeBytes, double InterNodeBytes, double LocalBytes)
{
    /// <summary>Every rank sends equally much to every rank, itself included: NCCL's all-to-all, and DeepEP's low-latency kernels on average.</summary>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="bytesPerRank">What a rank sends in all.</param>
    public static BalancedExchange OfPairs(Cluster cluster, double bytesPerRank)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var toOne = bytesPerRank / cluster.Ranks;
        return new BalancedExchange(toOne * (cluster.RanksPerNode - 1), toOne * (cluster.Ranks - cluster.RanksPerNode), toOne);
    }

    /// <summary>
    /// DeepEP's normal kernels when tokens choose their experts at random: a token is sent once to every node that it needs, to the rank of
    /// its own index, and from there once to every rank of that node that it needs.
    /// </summary>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="bytesPerCopy">Of one token.</param>
    /// <param name="tokens">Of each rank.</param>
    /// <param name="topK">Experts of a token.</param>
    /// <param name="experts">Of the model, evenly over the ranks.</param>
    /// <param name="nodesPerToken">The nodes that a token may use, as group-limited gates have it; null for all.</param>
    public static BalancedExchange OfNodeCopies(
        Cluster cluster, long bytesPerCopy, double tokens, int topK, int experts, int? nodesPerToken = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var allowed = Math.Min(cluster.Nodes, nodesPerToken ?? cluster.Nodes);
        var nodes = Distinct(allowed, experts / cluster.Nodes, topK);
        var ranks = Distinct(allowed * cluster.RanksPerNode, experts / cluster.Ranks, topK);
        var (perToken, byNodes, byRanks) = (tokens * bytesPerCopy, 1.0 / cluster.Nodes, 1.0 / cluster.RanksPerNode);
        return new BalancedExchange(
            perToken * ranks * (1 - byRanks), perToken * nodes * (1 - byNodes), perToken * ranks / cluster.Ranks);
    }

    /// <summary>The time of the exchange: local copies, then the slower of both tiers.</summary>
    public double Seconds(Transport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        return LocalBytes / transport.LocalBytesPerSecond + Math.Max(
            transport.IntraNode.Total(IntraNodeBytes / transport.IntraNode.BytesPerSecond),
            transport.InterNode.Total(InterNodeBytes / transport.InterNode.BytesPerSecond));
    }

    /// <summary>
    /// The expected number of distinct groups that <paramref name="chosen"/> distinct members fall into, drawn at random from all:
    /// groups (1 - C(all - size, chosen) / C(all, chosen)).
    /// </summary>
    internal static double Distinct(int groups, int size, int chosen)
    {
        var all = groups * size;
        var missed = 1.0;
        for (var i = 0; i < chosen; i++)
            missed *= Math.Max(0, all - size - i) / (double)Math.Max(1, all - i);
        return groups * (1 - missed);
    }
}
