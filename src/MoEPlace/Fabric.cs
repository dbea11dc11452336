using System.Collections.Immutable;

namespace MoEPlace;

/// <summary>What a simulation knows of a cluster beyond the two ports of each rank. The defaults are a network that never blocks.</summary>
/// <param name="NicsPerNode">
/// Adapters of a node, each with the bandwidth of <see cref="Cluster.InterNode"/>; a divisor of the ranks of a node: neighbours share
/// one. Null: one for each rank.
/// </param>
/// <param name="RailOptimised">Adapter i of every node on leaf switch i, the rail; else all adapters of a node on one leaf switch.</param>
/// <param name="NodesPerLeaf">Nodes under one leaf switch (or one set of rails), 1 or more; null for all.</param>
/// <param name="Oversubscription">
/// The bandwidth of all adapters of a leaf switch over that of its links to the spine, 1 or more; 1 never blocks.
/// </param>
/// <param name="NodeSwitchBytesPerSecond">What all ranks of a node together move between each other; null where their ports are the limit.</param>
/// <param name="HostLink">Each rank's port to the memory of its node, in each direction; null where nothing uses it.</param>
/// <param name="HostMemoryBytes">Memory of a node; null where nothing uses it.</param>
/// <param name="StorageLink">The storage of a node, shared by its ranks, in each direction; null where nothing uses it.</param>
/// <param name="LinkChanges">Ports that are slower than the others; null for none.</param>
public sealed record Fabric(
    int? NicsPerNode = null,
    bool RailOptimised = false,
    int? NodesPerLeaf = null,
    double Oversubscription = 1,
    double? NodeSwitchBytesPerSecond = null,
    Link? HostLink = null,
    long? HostMemoryBytes = null,
    Link? StorageLink = null,
    ImmutableArray<LinkChange>? LinkChanges = null);
