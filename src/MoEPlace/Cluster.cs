namespace MoEPlace;

/// <summary>Equal ranks on equal nodes: rank r stands on node r / ranksPerNode.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Name">For people.</param>
/// <param name="Nodes">1 or more.</param>
/// <param name="RanksPerNode">1 or more.</param>
/// <param name="Device">The device of every rank.</param>
/// <param name="IntraNode">A rank's port to the other ranks of its node.</param>
/// <param name="InterNode">A rank's port to the ranks of other nodes.</param>
public sealed record Cluster(
    string Format,
    string Name,
    int Nodes,
    int RanksPerNode,
    Device Device,
    Link IntraNode,
    Link InterNode)
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

    /// <summary>Notes everything that is wrong with this cluster.</summary>
    public void Check(InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Format == FormatName, "format", Format, $"\"{FormatName}\"");
        faults.Require(Nodes is >= 1 and <= 65_536, "nodes", Nodes, "1 to 65,536");
        faults.Require(RanksPerNode is >= 1 and <= 1_024, "ranksPerNode", RanksPerNode, "1 to 1,024");
        Positive(Device.FlopsPerSecond, "device.flopsPerSecond");
        Positive(Device.MemoryBytes, "device.memoryBytes");
        Positive(Device.MemoryBandwidthBytesPerSecond, "device.memoryBandwidthBytesPerSecond");
        NotNegative(Device.KernelLaunchNanoseconds, "device.kernelLaunchNanoseconds");
        Positive(IntraNode.BandwidthBytesPerSecond, "intraNode.bandwidthBytesPerSecond");
        NotNegative(IntraNode.LatencyNanoseconds, "intraNode.latencyNanoseconds");
        Positive(InterNode.BandwidthBytesPerSecond, "interNode.bandwidthBytesPerSecond");
        NotNegative(InterNode.LatencyNanoseconds, "interNode.latencyNanoseconds");

        void Positive(double value, string key) => faults.Require(value > 0 && double.IsFinite(value), key, value, "above 0, finite");
        void NotNegative(double value, string key) => faults.Require(value >= 0 && double.IsFinite(value), key, value, "0 or more, finite");
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
