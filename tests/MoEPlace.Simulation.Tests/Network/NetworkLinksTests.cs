using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Network;

public sealed class NetworkLinksTests
{
    [Fact]
    public void Bytes_cross_the_spine_only_between_leaf_switches()
    {
        var cluster = NetworkCases.ClusterOf(4, 2, new Fabric(NodesPerLeaf: 2, Oversubscription: 4));
        Assert.Equal([LinkKind.IntraNodeOut, LinkKind.IntraNodeIn], Route(cluster, 0, 1));
        Assert.Equal([LinkKind.NicOut, LinkKind.NicIn], Route(cluster, 0, 2));
        Assert.Equal([LinkKind.NicOut, LinkKind.LeafUp, LinkKind.LeafDown, LinkKind.NicIn], Route(cluster, 0, 4));
        var links = new NetworkLinks(cluster);
        Assert.Equal(50e9, links.BytesPerSecond[links.LinkOf(LinkKind.LeafUp, 0)]);
        Assert.Equal("leaf 1, down", links.NameOf(links.LinkOf(LinkKind.LeafDown, 7)));
    }

    [Fact]
    public void On_rails_only_adapters_of_the_same_index_are_near()
    {
        var cluster = NetworkCases.ClusterOf(2, 4, new Fabric(NicsPerNode: 2, RailOptimised: true, Oversubscription: 2));
        Assert.Equal([LinkKind.NicOut, LinkKind.NicIn], Route(cluster, 0, 5));
        Assert.Equal([LinkKind.NicOut, LinkKind.LeafUp, LinkKind.LeafDown, LinkKind.NicIn], Route(cluster, 0, 6));
    }

    [Fact]
    public void Ranks_that_share_an_adapter_take_its_time_together()
    {
        var alone = NetworkCases.ClusterOf(2, 4);
        var shared = NetworkCases.ClusterOf(2, 4, new Fabric(NicsPerNode: 2));
        var traffic = NetworkCases.Uniform(alone, 1_000_000);
        // 4 and 8 MB at 50 GB/s after 22,570 ns.
        Assert.Equal(new SimTime(102_570_000), NetworkRun.TimeOf(alone, traffic));
        Assert.Equal(new SimTime(182_570_000), NetworkRun.TimeOf(shared, traffic));
        Assert.Equal(new SimTime(182_570_000), NetworkRun.TimeOf(shared, traffic.ToPorts(shared)));
    }

    [Fact]
    public void A_slow_adapter_slows_its_rank_and_starts_later()
    {
        var change = new LinkChange(PortKind.Nic, Rank: 1, Direction: PortDirection.Out, BandwidthShare: 0.5, AddedLatencyNanoseconds: 1_000);
        var cluster = NetworkCases.ClusterOf(2, 1, new Fabric(LinkChanges: [change]));
        var run = NetworkRun.Of(
            cluster, (SimTime.Zero, new Exchange("slow", NetworkCases.Uniform(cluster, 1_000_000), Transport.Ideal(cluster))));
        Assert.Equal(new SimTime(22_570_000 + 1_000_000 + 40_000_000), run[0, 1]);
    }

    [Fact]
    public void A_node_switch_limits_what_its_ranks_move_together()
    {
        var cluster = NetworkCases.ClusterOf(1, 4, new Fabric(NodeSwitchBytesPerSecond: 600e9));
        var traffic = NetworkCases.Uniform(cluster, 1_000_000);
        // 12 MB at 600 GB/s after 6,710 ns.
        Assert.Equal(new SimTime(26_710_000), NetworkRun.TimeOf(cluster, traffic));
        Assert.Equal(new SimTime(26_710_000), NetworkRun.TimeOf(cluster, traffic.ToPorts(cluster)));
    }

    [Fact]
    public void A_link_is_busy_while_bytes_pass_and_not_between_exchanges()
    {
        var cluster = NetworkCases.ClusterOf(2, 1);
        var exchange = new Exchange("again", NetworkCases.Uniform(cluster, 50_000), Transport.Ideal(cluster));
        // 50,000 bytes at 50 GB/s; the second begins before anybody was told that the first is over.
        var run = NetworkRun.Of(cluster, (SimTime.Zero, exchange), (new SimTime(5_000_000), exchange));
        var link = run.Network.Links.LinkOf(LinkKind.NicOut, 0);
        Assert.Equal(
            [
                new BusySpan(link, SimTime.Zero, new SimTime(1_000_000), 1),
                new BusySpan(link, new SimTime(5_000_000), new SimTime(6_000_000), 1),
            ],
            run.Network.Use().Spans.Where(s => s.Link == link).Select(s => s with { Share = Math.Round(s.Share, 9) }));
        Assert.Equal(100_000, run.Network.Use().Bytes[link]);
    }

    private static LinkKind[] Route(Cluster cluster, int from, int to)
    {
        var links = new NetworkLinks(cluster);
        var route = new int[NetworkLinks.LongestRoute];
        return [.. route[..links.Route(from, to, route)].Select(links.KindOf)];
    }
}
