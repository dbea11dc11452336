namespace MoEPlace.Simulation.Network;

/// <summary>
/// What the ranks of a cluster send in one exchange: bytes of every pair, or only the sums at every port where pairs would be too many.
/// </summary>
public sealed class ExchangeTraffic
{
    private readonly long[]? pairs;

    private ExchangeTraffic(int ranksPerNode, long[]? pairs, PortSums ports, int mostPeers) =>
        (Ranks, RanksPerNode, this.pairs, Ports, MostPeers) = (ports.Local.Length, ranksPerNode, pairs, ports, mostPeers);

    /// <summary>Ranks.</summary>
    public int Ranks { get; }

    /// <summary>Ranks on each node: pairs within a node use the intra-node tier, others the inter-node tier.</summary>
    public int RanksPerNode { get; }

    /// <summary>Whether the bytes of every pair are known.</summary>
    public bool HasPairs => pairs is not null;

    /// <summary>[ranks, ranks] bytes from row to column, the diagonal what a rank sends to itself; empty without pairs.</summary>
    public ReadOnlySpan<long> Pairs => pairs;

    /// <summary>[ranks] bytes that stay on each rank.</summary>
    public ReadOnlySpan<long> Local => Ports.Local;

    /// <summary>[ranks] bytes from each rank to others of its node.</summary>
    public ReadOnlySpan<long> IntraNodeOut => Ports.IntraNodeOut;

    /// <summary>[ranks] bytes to each rank from others of its node.</summary>
    public ReadOnlySpan<long> IntraNodeIn => Ports.IntraNodeIn;

    /// <summary>[ranks] bytes from each rank to other nodes.</summary>
    public ReadOnlySpan<long> InterNodeOut => Ports.InterNodeOut;

    /// <summary>[ranks] bytes to each rank from other nodes.</summary>
    public ReadOnlySpan<long> InterNodeIn => Ports.InterNodeIn;

    /// <summary>[ranks] bytes from each rank to other nodes under another leaf switch; zeros with pairs, whose routes tell it.</summary>
    public ReadOnlySpan<long> SpineOut => Ports.SpineOut;

    /// <summary>[ranks] bytes to each rank from other nodes under another leaf switch; zeros with pairs.</summary>
    public ReadOnlySpan<long> SpineIn => Ports.SpineIn;

    /// <summary>
    /// The most ranks of other nodes that a rank sends something to, or receives something from, whichever are more; without pairs a
    /// bound that is not under it.
    /// </summary>
    public int MostPeers { get; }

    /// <summary>What passes the ports.</summary>
    internal PortSums Ports { get; }

    /// <summary>Traffic whose pairs are known.</summary>
    /// <param name="ranks">1 or more.</param>
    /// <param name="ranksPerNode">Divides <paramref name="ranks"/>.</param>
    /// <param name="pairs">[ranks, ranks] bytes from row to column, each 0 or more. It is kept, not copied.</param>
    public static ExchangeTraffic OfPairs(int ranks, int ranksPerNode, long[] pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pairs.Length, ranks * ranks);
        ArgumentOutOfRangeException.ThrowIfNotEqual(ranks % ranksPerNode, 0);
        var ports = new PortSums(ranks);
        var (receivers, senders) = (new int[ranks], new int[ranks]);
        for (var from = 0; from < ranks; from++)
        {
            for (var to = 0; to < ranks; to++)
            {
                var bytes = pairs[from * ranks + to];
                ArgumentOutOfRangeException.ThrowIfNegative(bytes);
                if (from == to)
                {
                    ports.Local[from] = bytes;
                    continue;
                }
                var sameNode = from / ranksPerNode == to / ranksPerNode;
                (sameNode ? ports.IntraNodeOut : ports.InterNodeOut)[from] += bytes;
                (sameNode ? ports.IntraNodeIn : ports.InterNodeIn)[to] += bytes;
                var peer = sameNode || bytes == 0 ? 0 : 1;
                receivers[from] += peer;
                senders[to] += peer;
            }
        }
        return new ExchangeTraffic(ranksPerNode, pairs, ports, Math.Max(receivers.Max(), senders.Max()));
    }

    /// <summary>Traffic of which only the sums at the ports are known.</summary>
    /// <param name="ranksPerNode">Divides the ranks.</param>
    /// <param name="ports">Bytes.</param>
    /// <param name="mostPeers">See <see cref="MostPeers"/>; 0 or more.</param>
    internal static ExchangeTraffic OfPorts(int ranksPerNode, PortSums ports, int mostPeers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ports.Local.Length % ranksPerNode, 0);
        ArgumentOutOfRangeException.ThrowIfNegative(mostPeers);
        return new ExchangeTraffic(ranksPerNode, null, ports, mostPeers);
    }

    /// <summary>The same traffic as sums at the ports.</summary>
    /// <param name="cluster">Tells which pairs cross the spine; of these ranks.</param>
    public ExchangeTraffic ToPorts(Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        if (pairs is null)
            return this;
        ArgumentOutOfRangeException.ThrowIfNotEqual(cluster.Ranks, Ranks);
        ArgumentOutOfRangeException.ThrowIfNotEqual(cluster.RanksPerNode, RanksPerNode);
        var ports = new PortSums(Ranks);
        for (var from = 0; from < Ranks; from++)
            for (var to = 0; to < Ranks; to++)
                ports.Add(cluster, from, to, pairs[from * Ranks + to]);
        return new ExchangeTraffic(RanksPerNode, null, ports, MostPeers);
    }

    /// <summary>Bytes that leave a rank, over all ranks, both tiers.</summary>
    public long TotalBytes
    {
        get
        {
            long total = 0;
            for (var rank = 0; rank < Ranks; rank++)
                total += IntraNodeOut[rank] + InterNodeOut[rank];
            return total;
        }
    }
}
