namespace MoEPlace.Simulation.Network;

/// <summary>The links of a cluster and the routes over them: one direction of one port each, numbered from 0, kind by kind.</summary>
public sealed class NetworkLinks
{
    /// <summary>The most links of one route.</summary>
    internal const int LongestRoute = 4;

    private const int Kinds = (int)LinkKind.StorageIn + 1;
    private readonly int[] firstOf = new int[Kinds + 1];
    private readonly double[] bytesPerSecond, share;
    private readonly long[] addedPicoseconds;
    private readonly int nodes, ranksPerNode, nicsPerNode, ranksPerNic;
    private readonly int[] leafOf;
    private readonly bool spine;

    /// <summary>Makes the links of a cluster.</summary>
    /// <param name="cluster">Checked.</param>
    public NetworkLinks(Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var fabric = cluster.Fabric ?? new Fabric();
        (nodes, ranksPerNode) = (cluster.Nodes, cluster.RanksPerNode);
        nicsPerNode = fabric.NicsPerNode ?? ranksPerNode;
        ranksPerNic = ranksPerNode / nicsPerNode;
        leafOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => cluster.LeafOf(new RankId(rank)))];
        var leaves = leafOf[^1] + 1;
        spine = fabric.Oversubscription > 1 && leaves > 1;
        Span<int> counts =
        [
            cluster.Ranks, cluster.Ranks, nodes * nicsPerNode, nodes * nicsPerNode, fabric.NodeSwitchBytesPerSecond is null ? 0 : nodes,
            spine ? leaves : 0, spine ? leaves : 0,
            fabric.HostLink is null ? 0 : cluster.Ranks, fabric.HostLink is null ? 0 : cluster.Ranks,
            fabric.StorageLink is null ? 0 : nodes, fabric.StorageLink is null ? 0 : nodes,
        ];
        for (var kind = 0; kind < Kinds; kind++)
            firstOf[kind + 1] = firstOf[kind] + counts[kind];
        (bytesPerSecond, share, addedPicoseconds) = (new double[Count], new double[Count], new long[Count]);
        Array.Fill(share, 1);
        Fill(cluster, fabric);
        foreach (var change in fabric.LinkChanges ?? [])
            Apply(change);
    }

    /// <summary>All links.</summary>
    public int Count => firstOf[Kinds];

    /// <summary>[links] capacity; what changed ports have lost is taken off.</summary>
    public ReadOnlySpan<double> BytesPerSecond => bytesPerSecond;

    /// <summary>
    /// [links] what each adds to the start-up of what goes through it, picoseconds: what a changed port adds, and for host memory and
    /// storage their latency; the latency of an exchange is its transport's.
    /// </summary>
    internal ReadOnlySpan<long> AddedPicoseconds => addedPicoseconds;

    /// <summary>[links] of the port's bandwidth that is left.</summary>
    internal ReadOnlySpan<double> Share => share;

    /// <summary>Whether what goes from one leaf switch to another shares links.</summary>
    internal bool HasSpine => spine;

    /// <summary>What a link is.</summary>
    public LinkKind KindOf(int link)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)link, (uint)Count, nameof(link));
        var kind = 0;
        while (firstOf[kind + 1] <= link)
            kind++;
        return (LinkKind)kind;
    }

    /// <summary>For people, for example <c>NIC 3 of node 1, out</c>.</summary>
    public string NameOf(int link)
    {
        var kind = KindOf(link);
        var index = link - firstOf[(int)kind];
        return kind switch
        {
            LinkKind.IntraNodeOut => $"rank {index} to its node",
            LinkKind.IntraNodeIn => $"rank {index} from its node",
            LinkKind.NicOut => $"NIC {index % nicsPerNode} of node {index / nicsPerNode}, out",
            LinkKind.NicIn => $"NIC {index % nicsPerNode} of node {index / nicsPerNode}, in",
            LinkKind.NodeSwitch => $"switch of node {index}",
            LinkKind.LeafUp => $"leaf {index}, up",
            LinkKind.LeafDown => $"leaf {index}, down",
            LinkKind.HostOut => $"rank {index} to host memory",
            LinkKind.HostIn => $"rank {index} from host memory",
            LinkKind.StorageOut => $"node {index} to storage",
            _ => $"node {index} from storage",
        };
    }

    /// <summary>The link of a kind that a rank uses.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank, or the cluster has no such links.</exception>
    public int LinkOf(LinkKind kind, int rank)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rank, (uint)(nodes * ranksPerNode), nameof(rank));
        if (firstOf[(int)kind + 1] == firstOf[(int)kind])
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "a kind of link that the cluster has");
        return firstOf[(int)kind] + kind switch
        {
            LinkKind.NicOut or LinkKind.NicIn => rank / ranksPerNic,
            LinkKind.LeafUp or LinkKind.LeafDown => leafOf[rank],
            LinkKind.NodeSwitch or LinkKind.StorageOut or LinkKind.StorageIn => rank / ranksPerNode,
            _ => rank,
        };
    }

    /// <summary>Whether the cluster has links of a kind.</summary>
    public bool Has(LinkKind kind) => firstOf[(int)kind + 1] > firstOf[(int)kind];

    /// <summary>The links from one rank to another, in the order of travel.</summary>
    /// <param name="from">A rank.</param>
    /// <param name="to">Another rank.</param>
    /// <param name="links">Receives the links; at least 4 long.</param>
    /// <returns>How many they are.</returns>
    public int Route(int from, int to, Span<int> links)
    {
        var count = 0;
        if (from / ranksPerNode == to / ranksPerNode)
        {
            links[count++] = firstOf[(int)LinkKind.IntraNodeOut] + from;
            if (Has(LinkKind.NodeSwitch))
                links[count++] = firstOf[(int)LinkKind.NodeSwitch] + from / ranksPerNode;
            links[count++] = firstOf[(int)LinkKind.IntraNodeIn] + to;
            return count;
        }
        links[count++] = firstOf[(int)LinkKind.NicOut] + from / ranksPerNic;
        if (spine && leafOf[from] != leafOf[to])
        {
            links[count++] = firstOf[(int)LinkKind.LeafUp] + leafOf[from];
            links[count++] = firstOf[(int)LinkKind.LeafDown] + leafOf[to];
        }
        links[count++] = firstOf[(int)LinkKind.NicIn] + to / ranksPerNic;
        return count;
    }

    /// <summary>The links between two memories of a rank.</summary>
    /// <returns>How many they are; 0 within one memory.</returns>
    /// <exception cref="InvalidOperationException">The cluster lacks a link of the way.</exception>
    public int Route(int rank, MemoryTier from, MemoryTier to, Span<int> links)
    {
        var count = 0;
        if (from == to)
            return 0;
        if (from == MemoryTier.Storage)
            Add(LinkKind.StorageIn, "storageLink", links);
        if (from == MemoryTier.Device)
            Add(LinkKind.HostOut, "hostLink", links);
        if (to == MemoryTier.Device)
            Add(LinkKind.HostIn, "hostLink", links);
        if (to == MemoryTier.Storage)
            Add(LinkKind.StorageOut, "storageLink", links);
        return count;

        void Add(LinkKind kind, string key, Span<int> route) => route[count++] = Has(kind)
            ? LinkOf(kind, rank)
            : throw new InvalidOperationException($"Bytes go from {from} to {to} on rank {rank}, and the cluster's fabric has no {key}.");
    }

    private void Fill(Cluster cluster, Fabric fabric)
    {
        for (var link = 0; link < Count; link++)
        {
            var port = KindOf(link) switch
            {
                LinkKind.IntraNodeOut or LinkKind.IntraNodeIn => cluster.IntraNode,
                LinkKind.HostOut or LinkKind.HostIn => fabric.HostLink!,
                LinkKind.StorageOut or LinkKind.StorageIn => fabric.StorageLink!,
                _ => cluster.InterNode,
            };
            bytesPerSecond[link] = port.BandwidthBytesPerSecond;
            if (KindOf(link) >= LinkKind.HostOut)
                addedPicoseconds[link] = SimTime.FromSeconds(port.LatencyNanoseconds * 1e-9).Picoseconds;
        }
        if (Has(LinkKind.NodeSwitch))
            Kind(LinkKind.NodeSwitch).Fill(fabric.NodeSwitchBytesPerSecond!.Value);
        foreach (var kind in (ReadOnlySpan<LinkKind>)(spine ? [LinkKind.LeafUp, LinkKind.LeafDown] : []))
        {
            var leaves = Kind(kind);
            leaves.Clear();
            for (var rank = 0; rank < cluster.Ranks; rank += ranksPerNic)
                leaves[leafOf[rank]] += cluster.InterNode.BandwidthBytesPerSecond / fabric.Oversubscription;
        }
    }

    private void Apply(LinkChange change)
    {
        var (first, end) = change.Node is { } node
            ? (node * ranksPerNode, (node + 1) * ranksPerNode)
            : (change.Rank!.Value, change.Rank.Value + 1);
        var (outward, inward) = change.Port switch
        {
            PortKind.IntraNode => (LinkKind.IntraNodeOut, LinkKind.IntraNodeIn),
            PortKind.Nic => (LinkKind.NicOut, LinkKind.NicIn),
            _ => (LinkKind.HostOut, LinkKind.HostIn),
        };
        var changed = new SortedSet<int>();
        for (var rank = first; rank < end; rank++)
        {
            if (change.Direction != PortDirection.In)
                changed.Add(LinkOf(outward, rank));
            if (change.Direction != PortDirection.Out)
                changed.Add(LinkOf(inward, rank));
        }
        foreach (var link in changed)
        {
            bytesPerSecond[link] *= change.BandwidthShare;
            share[link] *= change.BandwidthShare;
            addedPicoseconds[link] += SimTime.FromSeconds(change.AddedLatencyNanoseconds * 1e-9).Picoseconds;
        }
    }

    private Span<double> Kind(LinkKind kind) => bytesPerSecond.AsSpan(firstOf[(int)kind]..firstOf[(int)kind + 1]);
}
