using System.Collections.Immutable;

namespace MoEPlace;

/// <summary>Ranks on equal nodes: rank r stands on node r / ranksPerNode. All ranks are equal but for those that are named.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Name">For people.</param>
/// <param name="Nodes">1 or more.</param>
/// <param name="RanksPerNode">1 or more.</param>
/// <param name="Device">The device of every rank.</param>
/// <param name="IntraNode">A rank's port to the other ranks of its node.</param>
/// <param name="InterNode">A rank's port to the ranks of other nodes.</param>
/// <param name="UnequalRanks">Ranks that are slower, faster, or of other memory; null for none.</param>
/// <param name="Fabric">What a simulation knows beyond the two ports; null for a network that never blocks.</param>
/// <param name="Calibration">What its ranks were measured to take; null where nothing was measured.</param>
public sealed record Cluster(
    string Format,
    string Name,
    int Nodes,
    int RanksPerNode,
    Device Device,
    Link IntraNode,
    Link InterNode,
    ImmutableArray<UnequalRank>? UnequalRanks = null,
    Fabric? Fabric = null,
    Calibration? Calibration = null)
{
    /// <summary>What a cluster file says that it is.</summary>
    public const string FormatName = "moeplace.cluster/1";

    /// <summary>All ranks.</summary>
    public int Ranks => Nodes * RanksPerNode;

    /// <summary>The weight of a node crossing on top of the GPU crossing that it also is: intra-node over inter-node bandwidth - 1, 0 on one node.</summary>
    public double NodeCrossingWeight =>
        Nodes == 1 ? 0 : Math.Max(0, IntraNode.BandwidthBytesPerSecond / InterNode.BandwidthBytesPerSecond - 1);

    /// <summary>The node of a rank.</summary>
    public NodeId NodeOf(RankId rank) => new(rank.Value / RanksPerNode);

    /// <summary>The leaf switch that a rank's adapter is on, numbered from 0; all on one where the fabric names none.</summary>
    public int LeafOf(RankId rank)
    {
        if (Fabric is null)
            return 0;
        var group = NodeOf(rank).Value / (Fabric.NodesPerLeaf ?? Nodes);
        var adapters = Fabric.NicsPerNode ?? RanksPerNode;
        return Fabric.RailOptimised ? group * adapters + rank.Value % RanksPerNode / (RanksPerNode / adapters) : group;
    }

    /// <summary>Whether what goes from one rank to another over their adapters stays on one leaf switch, so that it crosses no spine.</summary>
    public bool SharesLeaf(RankId from, RankId to) => LeafOf(from) == LeafOf(to);

    /// <summary>How fast a rank computes beside <see cref="Device"/>: 1 unless it is named as unequal.</summary>
    public double SpeedOf(RankId rank) => Find(rank)?.Speed ?? 1;

    /// <summary>The device memory of a rank.</summary>
    public long MemoryBytesOf(RankId rank) => Find(rank)?.MemoryBytes ?? Device.MemoryBytes;

    /// <summary>Equal when all members are, unequal ranks one by one; no list is as good as an empty one.</summary>
    public bool Equals(Cluster? other) =>
        other is not null && Format == other.Format && Name == other.Name && Nodes == other.Nodes && RanksPerNode == other.RanksPerNode
        && Device == other.Device && IntraNode == other.IntraNode && InterNode == other.InterNode && Fabric == other.Fabric && Calibration == other.Calibration
        && (UnequalRanks ?? []).AsSpan().SequenceEqual((other.UnequalRanks ?? []).AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Name, Nodes, RanksPerNode, Device, IntraNode, InterNode, UnequalRanks?.Length ?? 0, HashCode.Combine(Fabric, Calibration));

    /// <summary>Notes everything that is wrong with this cluster.</summary>
    public void Check(InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Format == FormatName, "format", Format, $"\"{FormatName}\"");
        faults.Require(Nodes is >= 1 and <= 65_536, "nodes", Nodes, "1 to 65,536");
        faults.Require(RanksPerNode is >= 1 and <= 1_024, "ranksPerNode", RanksPerNode, "1 to 1,024");
        faults.Require(Device.FlopsPerSecond is >= 1e6 and <= 1e21, "device.flopsPerSecond", Device.FlopsPerSecond, "1e6 to 1e21");
        faults.Require(Device.MemoryBytes > 0, "device.memoryBytes", Device.MemoryBytes, "above 0");
        Link.CheckBandwidth(faults, "device.memoryBandwidthBytesPerSecond", Device.MemoryBandwidthBytesPerSecond);
        Link.CheckLatency(faults, "device.kernelLaunchNanoseconds", Device.KernelLaunchNanoseconds);
        faults.Require(
            Device.Multiprocessors is null or (>= 1 and <= 65_536), "device.multiprocessors", Device.Multiprocessors, "1 to 65,536");
        IntraNode.Check(faults, "intraNode");
        InterNode.Check(faults, "interNode");
        CheckUnequalRanks(faults);
        Calibration?.Check(faults, Math.Clamp(RanksPerNode, 1, 1_024));
        Fabric?.Check(faults, Math.Clamp(Nodes, 1, 65_536), Math.Clamp(RanksPerNode, 1, 1_024));
    }

    private UnequalRank? Find(RankId rank)
    {
        foreach (var unequal in UnequalRanks ?? [])
            if (unequal.Rank == rank.Value)
                return unequal;
        return null;
    }

    private void CheckUnequalRanks(InputFaults faults)
    {
        var seen = new HashSet<int>();
        foreach (var (i, unequal) in (UnequalRanks ?? []).Index())
        {
            var key = $"unequalRanks[{i}]";
            if (!faults.Require(unequal is not null, key, null, "a rank"))
                continue;
            faults.Require(
                unequal!.Rank >= 0 && unequal.Rank < Ranks && seen.Add(unequal.Rank), key + ".rank", unequal.Rank, $"0 to {Ranks - 1}, each once");
            faults.Require(unequal.Speed is >= 1e-6 and <= 1e6, key + ".speed", unequal.Speed, "1e-6 to 1e6");
            faults.Require(unequal.MemoryBytes is null or > 0, key + ".memoryBytes", unequal.MemoryBytes, "above 0");
        }
    }

    /// <summary>Reads a cluster file.</summary>
    /// <exception cref="InputException">The file is not a valid cluster.</exception>
    public static Cluster Read(string path)
    {
        var cluster = StrictJson.Read<Cluster>(path, FormatName);
        var faults = new InputFaults(path);
        cluster.Check(faults);
        faults.ThrowIfAny();
        return cluster;
    }
}
