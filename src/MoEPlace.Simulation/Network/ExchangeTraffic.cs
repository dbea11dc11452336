namespace MoEPlace.Simulation.Network;

/// <summary>
/// What the ranks of a cluster send in one exchange: bytes of every pair, or only the sums at every port where pairs would be too many.
/// </summary>
public sealed class ExchangeTraffic
{
    private readonly long[]? pairs;
    private readonly long[] intraNodeOut, intraNodeIn, interNodeOut, interNodeIn, local;

    private ExchangeTraffic(int ranks, int ranksPerNode, long[]? pairs, long[] local, long[] intraNodeOut, long[] intraNodeIn, long[] interNodeOut, long[] interNodeIn)
    {
        (Ranks, RanksPerNode, this.pairs, this.local) = (ranks, ranksPerNode, pairs, local);
        (this.intraNodeOut, this.intraNodeIn) = (intraNodeOut, intraNodeIn);
        (this.interNodeOut, this.interNodeIn) = (interNodeOut, interNodeIn);
    }

    /// <summary>Ranks.</summary>
    public int Ranks { get; }

    /// <summary>Ranks on each node: pairs within a node use the intra-node tier, others the inter-node tier.</summary>
    public int RanksPerNode { get; }

    /// <summary>Whether the bytes of every pair are known.</summary>
    public bool HasPairs => pairs is not null;

    /// <summary>[ranks, ranks] bytes from row to column, the diagonal what a rank sends to itself; empty without pairs.</summary>
    public ReadOnlySpan<long> Pairs => pairs;

    /// <summary>[ranks] bytes that stay on each rank.</summary>
    public ReadOnlySpan<long> Local => local;

    /// <summary>[ranks] bytes from each rank to others of its node.</summary>
    public ReadOnlySpan<long> IntraNodeOut => intraNodeOut;

    /// <summary>[ranks] bytes to each rank from others of its node.</summary>
    public ReadOnlySpan<long> IntraNodeIn => intraNodeIn;

    /// <summary>[ranks] bytes from each rank to other nodes.</summary>
    public ReadOnlySpan<long> InterNodeOut => interNodeOut;

    /// <summary>[ranks] bytes to each rank from other nodes.</summary>
    public ReadOnlySpan<long> InterNodeIn => interNodeIn;

    /// <summary>Traffic whose pairs are known.</summary>
    /// <param name="ranks">1 or more.</param>
    /// <param name="ranksPerNode">Divides <paramref name="ranks"/>.</param>
    /// <param name="pairs">[ranks, ranks] bytes from row to column, each 0 or more. It is kept, not copied.</param>
    public static ExchangeTraffic OfPairs(int ranks, int ranksPerNode, long[] pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pairs.Length, ranks * ranks);
        ArgumentOutOfRangeException.ThrowIfNotEqual(ranks % ranksPerNode, 0);
        var traffic = new ExchangeTraffic(
            ranks, ranksPerNode, pairs, new long[ranks], new long[ranks], new long[ranks], new long[ranks], new long[ranks]);
        for (var from = 0; from < ranks; from++)
        {
            for (var to = 0; to < ranks; to++)
            {
                var bytes = pairs[from * ranks + to];
                ArgumentOutOfRangeException.ThrowIfNegative(bytes);
                var sameNode = from / ranksPerNode == to / ranksPerNode;
                if (from == to)
                    traffic.local[from] = bytes;
                (sameNode ? traffic.intraNodeOut : traffic.interNodeOut)[from] += from == to ? 0 : bytes;
                (sameNode ? traffic.intraNodeIn : traffic.interNodeIn)[to] += from == to ? 0 : bytes;
            }
        }
        return traffic;
    }

    /// <summary>Traffic of which only the sums at the ports are known. All arrays are [ranks] and are kept, not copied.</summary>
    public static ExchangeTraffic OfPorts(
        int ranksPerNode, long[] local, long[] intraNodeOut, long[] intraNodeIn, long[] interNodeOut, long[] interNodeIn)
    {
        ArgumentNullException.ThrowIfNull(local);
        foreach (var port in (long[][])[intraNodeOut, intraNodeIn, interNodeOut, interNodeIn])
            ArgumentOutOfRangeException.ThrowIfNotEqual(port.Length, local.Length);
        return new ExchangeTraffic(local.Length, ranksPerNode, null, local, intraNodeOut, intraNodeIn, interNodeOut, interNodeIn);
    }

    /// <summary>Bytes that leave a rank, over all ranks, both tiers.</summary>
    public long TotalBytes
    {
        get
        {
            long total = 0;
            for (var rank = 0; rank < Ranks; rank++)
                total += intraNodeOut[rank] + interNodeOut[rank];
            return total;
        }
    }
}
