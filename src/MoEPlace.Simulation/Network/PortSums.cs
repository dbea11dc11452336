namespace MoEPlace.Simulation.Network;

/// <summary>What passes the ports of every rank in one exchange; all arrays are [ranks], bytes or copies, and are not copied.</summary>
/// <param name="local">What stays.</param>
/// <param name="intraNodeOut">To others of its node.</param>
/// <param name="intraNodeIn">From others of its node.</param>
/// <param name="interNodeOut">To other nodes.</param>
/// <param name="interNodeIn">From other nodes.</param>
/// <param name="spineOut">Of what goes to other nodes, what goes to another leaf switch.</param>
/// <param name="spineIn">Of what comes from other nodes, what comes from another leaf switch.</param>
internal sealed class PortSums(
    long[] local, long[] intraNodeOut, long[] intraNodeIn, long[] interNodeOut, long[] interNodeIn, long[] spineOut, long[] spineIn)
{
    /// <summary>Nothing passes.</summary>
    internal PortSums(int ranks)
        : this(new long[ranks], new long[ranks], new long[ranks], new long[ranks], new long[ranks], new long[ranks], new long[ranks])
    {
    }

    internal long[] Local => local;

    internal long[] IntraNodeOut => intraNodeOut;

    internal long[] IntraNodeIn => intraNodeIn;

    internal long[] InterNodeOut => interNodeOut;

    internal long[] InterNodeIn => interNodeIn;

    internal long[] SpineOut => spineOut;

    internal long[] SpineIn => spineIn;

    /// <summary>The same the other way, in the same arrays.</summary>
    internal PortSums Reversed => new(local, intraNodeIn, intraNodeOut, interNodeIn, interNodeOut, spineIn, spineOut);

    /// <summary>Every sum so many times, in arrays of its own.</summary>
    internal PortSums Times(long factor)
    {
        return new PortSums(
            Of(local), Of(intraNodeOut), Of(intraNodeIn), Of(interNodeOut), Of(interNodeIn), Of(spineOut), Of(spineIn));

        long[] Of(long[] sums) => [.. sums.Select(sum => checked(sum * factor))];
    }

    /// <summary>Adds what passes between two ranks.</summary>
    internal void Add(Cluster cluster, int from, int to, long bytes)
    {
        if (from == to)
        {
            local[from] += bytes;
            return;
        }
        var sameNode = from / cluster.RanksPerNode == to / cluster.RanksPerNode;
        (sameNode ? intraNodeOut : interNodeOut)[from] += bytes;
        (sameNode ? intraNodeIn : interNodeIn)[to] += bytes;
        if (sameNode || cluster.SharesLeaf(new RankId(from), new RankId(to)))
            return;
        spineOut[from] += bytes;
        spineIn[to] += bytes;
    }

    /// <summary>Adds other sums.</summary>
    internal void Add(PortSums more)
    {
        Plus(local, more.Local);
        Plus(intraNodeOut, more.IntraNodeOut);
        Plus(intraNodeIn, more.IntraNodeIn);
        Plus(interNodeOut, more.InterNodeOut);
        Plus(interNodeIn, more.InterNodeIn);
        Plus(spineOut, more.SpineOut);
        Plus(spineIn, more.SpineIn);

        static void Plus(long[] sums, long[] added)
        {
            for (var rank = 0; rank < sums.Length; rank++)
                sums[rank] = checked(sums[rank] + added[rank]);
        }
    }
}
