using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace;

/// <summary>
/// What a simulation knows of a cluster beyond the two ports of each rank. The defaults are a network that never blocks. The links to
/// host memory and storage serve transfers alone, which no schedule of a scenario has: there they change nothing.
/// </summary>
/// <param name="NicsPerNode">
/// Adapters of a node, each with the bandwidth of <see cref="Cluster.InterNode"/>; a divisor of the ranks of a node: neighbours share
/// one. Null: one for each rank.
/// </param>
/// <param name="RailOptimised">Adapter i of every node on leaf switch i, the rail; else all adapters of a node on one leaf switch.</param>
/// <param name="NodesPerLeaf">Nodes under one leaf switch (or one set of rails), 1 or more; null for all.</param>
/// <param name="Oversubscription">
/// The bandwidth of all adapters of a leaf switch over that of its links to the spine, 1 to 10^6; 1 never blocks.
/// </param>
/// <param name="NodeSwitchBytesPerSecond">What all ranks of a node together move between each other; null: their ports are the limit.</param>
/// <param name="HostLink">Each rank's port to the memory of its node, in each direction; null where nothing uses it.</param>
/// <param name="StorageLink">The storage of a node, shared by its ranks, in each direction; null where nothing uses it.</param>
/// <param name="LinkChanges">Ports that are slower than the others; null for none.</param>
public sealed record Fabric(
    int? NicsPerNode = null,
    bool RailOptimised = false,
    int? NodesPerLeaf = null,
    double Oversubscription = 1,
    double? NodeSwitchBytesPerSecond = null,
    Link? HostLink = null,
    Link? StorageLink = null,
    ImmutableArray<LinkChange>? LinkChanges = null)
{
    /// <summary>Equal when all members are, changes one by one; no list is as good as an empty one.</summary>
    public bool Equals(Fabric? other) =>
        other is not null && NicsPerNode == other.NicsPerNode && RailOptimised == other.RailOptimised && NodesPerLeaf == other.NodesPerLeaf
        && Oversubscription.Equals(other.Oversubscription) && Nullable.Equals(NodeSwitchBytesPerSecond, other.NodeSwitchBytesPerSecond)
        && HostLink == other.HostLink && StorageLink == other.StorageLink
        && (LinkChanges ?? []).AsSpan().SequenceEqual((other.LinkChanges ?? []).AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(
        NicsPerNode, RailOptimised, NodesPerLeaf, Oversubscription, NodeSwitchBytesPerSecond, HostLink, StorageLink, LinkChanges?.Length ?? 0);

    internal void Check(InputFaults faults, int nodes, int ranksPerNode)
    {
        faults.Require(
            NicsPerNode is null || (NicsPerNode >= 1 && NicsPerNode <= ranksPerNode && ranksPerNode % NicsPerNode == 0),
            "fabric.nicsPerNode", NicsPerNode, $"a divisor of ranksPerNode ({ranksPerNode})");
        faults.Require(
            NodesPerLeaf is null || (NodesPerLeaf >= 1 && NodesPerLeaf <= nodes), "fabric.nodesPerLeaf", NodesPerLeaf, $"1 to {nodes}");
        faults.Require(
            Oversubscription is >= 1 and <= 1e6, "fabric.oversubscription", Oversubscription, "1 to 1e6");
        if (NodeSwitchBytesPerSecond is { } together)
            Link.CheckBandwidth(faults, "fabric.nodeSwitchBytesPerSecond", together);
        HostLink?.Check(faults, "fabric.hostLink");
        StorageLink?.Check(faults, "fabric.storageLink");
        foreach (var (i, change) in (LinkChanges ?? []).Index())
        {
            if (faults.Require(change is not null, $"fabric.linkChanges[{i}]", null, "a change of a port"))
                CheckChange(faults, $"fabric.linkChanges[{i}]", change!, nodes, nodes * ranksPerNode);
        }
    }

    private void CheckChange(InputFaults faults, string key, LinkChange change, int nodes, int ranks)
    {
        faults.Require(
            change.Port != PortKind.HostLink || HostLink is not null, key + ".port", "host-link",
            "intra-node or nic where the fabric has no hostLink");
        faults.Require(
            change.Rank is null != change.Node is null, key, $"rank {change.Rank?.ToString(CultureInfo.InvariantCulture) ?? "none"}, node "
            + (change.Node?.ToString(CultureInfo.InvariantCulture) ?? "none"), "either a rank or a node");
        faults.Require(change.Rank is null || (change.Rank >= 0 && change.Rank < ranks), key + ".rank", change.Rank, $"0 to {ranks - 1}");
        faults.Require(change.Node is null || (change.Node >= 0 && change.Node < nodes), key + ".node", change.Node, $"0 to {nodes - 1}");
        faults.Require(change.BandwidthShare is >= 1e-6 and <= 1, key + ".bandwidthShare", change.BandwidthShare, "1e-6 to 1");
        Link.CheckLatency(faults, key + ".addedLatencyNanoseconds", change.AddedLatencyNanoseconds);
    }
}
