using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace MoEPlace.Tests;

public sealed class FabricTests
{
    private static readonly Cluster TwoNodes = ClusterPresets.Find("h100-8")! with { Nodes = 2 };

    [Fact]
    public void Every_fault_of_a_fabric_is_told()
    {
        var fabric = new Fabric(3, true, 5, 0.5, -1, new Link(0, -1, ""), new Link(double.NaN, 0, ""), [
            new LinkChange(PortKind.Nic, 16, null, null, 1.5, -1), new LinkChange(PortKind.IntraNode), new LinkChange(PortKind.Nic, 0, 2)]);
        var faults = new InputFaults("cluster.json");
        (TwoNodes with { Fabric = fabric }).Check(faults);
        Assert.Equal(
            [
                "fabric.nicsPerNode", "fabric.nodesPerLeaf", "fabric.oversubscription", "fabric.nodeSwitchBytesPerSecond",
                "fabric.hostLink.bandwidthBytesPerSecond", "fabric.hostLink.latencyNanoseconds",
                "fabric.storageLink.bandwidthBytesPerSecond", "fabric.linkChanges[0].rank", "fabric.linkChanges[0].bandwidthShare",
                "fabric.linkChanges[0].addedLatencyNanoseconds", "fabric.linkChanges[1]", "fabric.linkChanges[2]", "fabric.linkChanges[2].node",
            ],
            faults.ToImmutable().Select(f => f.Field));
    }

    [Fact]
    public void A_change_of_host_links_takes_a_cluster_that_has_them()
    {
        var faults = new InputFaults("cluster.json");
        (TwoNodes with { Fabric = new Fabric(LinkChanges: [new LinkChange(PortKind.HostLink, 1)]) }).Check(faults);
        Assert.Equal(["fabric.linkChanges[0].port"], faults.ToImmutable().Select(f => f.Field));
    }

    [Fact]
    public void A_fabric_is_read_as_it_was_written_and_has_no_other_keys()
    {
        var cluster = TwoNodes with
        {
            Fabric = new Fabric(4, true, 1, 2, 1e12, new Link(64e9, 3_000, "PCIe 5"), null, [new LinkChange(PortKind.Nic, Node: 1)]),
        };
        var json = JsonSerializer.SerializeToNode(cluster, StrictJson.Options)!;
        var read = StrictJson.Parse<Cluster>(json.ToJsonString(), "cluster.json", "");
        Assert.Equal(json.ToJsonString(), JsonSerializer.SerializeToNode(read, StrictJson.Options)!.ToJsonString());
        json["fabric"]!["nics"] = JsonValue.Create(4);
        var fault = Assert.Throws<InputException>(() => StrictJson.Parse<Cluster>(json.ToJsonString(), "cluster.json", ""));
        Assert.Equal("fabric.nics", Assert.Single(fault.Faults).Field);
    }

    [Fact]
    public void Clusters_are_equal_when_all_their_members_are()
    {
        Cluster Made(int rank, int node) => TwoNodes with
        {
            UnequalRanks = [new UnequalRank(rank, 0.5)],
            Fabric = new Fabric(LinkChanges: [new LinkChange(PortKind.Nic, Node: node)]),
        };
        Assert.Equal(Made(1, 1), Made(1, 1));
        Assert.Equal(Made(1, 1).GetHashCode(), Made(1, 1).GetHashCode());
        Assert.NotEqual(Made(1, 1), Made(2, 1));
        Assert.NotEqual(Made(1, 1), Made(1, 0));
        Assert.NotEqual(TwoNodes, Made(1, 1));
        Assert.Equal(TwoNodes with { UnequalRanks = [], Fabric = new Fabric() }, TwoNodes with { Fabric = new Fabric(LinkChanges: []) });
    }
}
