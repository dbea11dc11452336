namespace MoEPlace.Simulation.Network;

/// <summary>The links of a cluster and the routes over them: one direction of one port each, numbered from 0.</summary>
public sealed class NetworkLinks
{
    /// <summary>Makes the links of a cluster.</summary>
    public NetworkLinks(Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        Count = 4 * cluster.Ranks;
    }

    /// <summary>All links.</summary>
    public int Count { get; }

    /// <summary>For people, for example <c>NIC 3 of node 1, out</c>.</summary>
    public string NameOf(int link) => $"link {link} of {Count}";
}
