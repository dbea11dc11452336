using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class TransportsTests
{
    private static readonly CollectiveLibrary[] Libraries = Enum.GetValues<CollectiveLibrary>();
    private static readonly ExchangeDirection[] Directions = Enum.GetValues<ExchangeDirection>();

    [Fact]
    public void More_bytes_are_never_faster()
    {
        foreach (var (library, direction, cluster) in Cases())
        {
            double last = 0;
            for (var bytes = 64.0; bytes < 1e10; bytes *= 1.3)
            {
                var seconds = Seconds(library, direction, cluster, 20, bytes);
                Assert.True(seconds >= last, $"{library} {direction} {cluster.Name}, {bytes:F0} bytes: {seconds} after {last}");
                last = seconds;
            }
        }
    }

    [Fact]
    public void More_SMs_are_never_slower_but_for_the_anomaly_at_12()
    {
        foreach (var direction in Directions)
        {
            foreach (var nodes in new[] { 1, 2, 16 })
            {
                var last = double.PositiveInfinity;
                foreach (var sms in Enumerable.Range(1, 132).Where(sms => sms != 12))
                {
                    var seconds = Seconds(CollectiveLibrary.DeepEpNormal, direction, H100(nodes), sms, 1e9);
                    Assert.True(seconds <= last, $"{direction}, {nodes} nodes, {sms} SMs: {seconds} after {last}");
                    last = seconds;
                }
            }
        }
    }

    [Fact]
    public void The_anomaly_at_12_SMs_is_of_dispatches_to_other_nodes_alone()
    {
        var dispatch = Rates(ExchangeDirection.Dispatch);
        Assert.True(dispatch.At12.InterNode.BytesPerSecond < 0.8 * dispatch.Around.InterNode.BytesPerSecond);
        Assert.Equal(dispatch.Around.IntraNode.BytesPerSecond, dispatch.At12.IntraNode.BytesPerSecond, 1.0);
        var combine = Rates(ExchangeDirection.Combine);
        Assert.Equal(1, combine.At12.InterNode.BytesPerSecond / combine.Around.InterNode.BytesPerSecond, 0.01);

        static (Transport At12, Transport Around) Rates(ExchangeDirection direction)
        {
            var (below, at, above) = (Of(11), Of(12), Of(13));
            return (at, at with
            {
                IntraNode = at.IntraNode with { BytesPerSecond = (below.IntraNode.BytesPerSecond + above.IntraNode.BytesPerSecond) / 2 },
                InterNode = at.InterNode with { BytesPerSecond = (below.InterNode.BytesPerSecond + above.InterNode.BytesPerSecond) / 2 },
            });

            Transport Of(int sms) => Transports.For(CollectiveLibrary.DeepEpNormal, direction, H100(2), sms, 0);
        }
    }

    [Fact]
    public void No_port_moves_more_than_its_cluster_states()
    {
        foreach (var (library, direction, cluster) in Cases())
        {
            for (var bytes = 64.0; bytes < 1e10; bytes *= 30)
            {
                var transport = Transports.For(library, direction, cluster, 132, bytes);
                Assert.InRange(transport.IntraNode.BytesPerSecond, 1, cluster.IntraNode.BandwidthBytesPerSecond);
                Assert.InRange(transport.InterNode.BytesPerSecond, 1, cluster.InterNode.BandwidthBytesPerSecond);
                Assert.InRange(transport.LocalBytesPerSecond, 1, double.PositiveInfinity);
            }
        }
    }

    [Fact]
    public void NCCL_takes_the_protocol_that_is_faster_for_the_mean_bytes_of_a_rank()
    {
        var own = DeviceConstants.Fitted;
        var simpleOnly = own with
        {
            Nccl = [own.Nccl[0] with { LowLatencyStartUpMicroseconds = null, LowLatencyBytesPerSecondPerPeer = null }],
        };
        foreach (var nodes in new[] { 1, 4 })
        {
            var names = new HashSet<string>();
            for (var bytes = 64.0; bytes < 1e9; bytes *= 1.5)
            {
                var balanced = BalancedExchange.OfPairs(H100(nodes), bytes);
                var chosen = For(own);
                names.Add(chosen.Name);
                Assert.True(balanced.Seconds(chosen) <= balanced.Seconds(For(simpleOnly)), $"{nodes} nodes, {bytes:F0} bytes");

                Transport For(DeviceConstants constants) =>
                    Transports.For(CollectiveLibrary.Nccl, ExchangeDirection.Dispatch, H100(nodes), 1, bytes, constants: constants);
            }
            Assert.Equal(2, names.Count);
        }
    }

    [Fact]
    public void Traffic_chooses_by_what_a_rank_sends_on_average_to_itself_included()
    {
        var pairs = new long[16 * 16];
        Array.Fill(pairs, 4_096);
        var traffic = ExchangeTraffic.OfPairs(16, 8, pairs);
        foreach (var library in Libraries)
        {
            Assert.Equal(
                Transports.For(library, ExchangeDirection.Combine, H100(2), 20, 16 * 4_096.0),
                Transports.For(library, ExchangeDirection.Combine, H100(2), 20, traffic));
        }
    }

    [Fact]
    public void More_peers_are_never_faster_and_on_one_node_there_are_none()
    {
        foreach (var (library, direction, cluster) in Cases())
        {
            for (var bytes = 64.0; bytes < 1e10; bytes *= 30)
            {
                var balanced = BalancedExchange.OfPairs(cluster, bytes);
                var last = 0.0;
                for (var peers = 0; peers <= cluster.Ranks - cluster.RanksPerNode; peers = 2 * peers + 1)
                {
                    var seconds = balanced.Seconds(Transports.For(library, direction, cluster, 20, bytes, peers));
                    Assert.True(
                        seconds >= last, $"{library} {direction} {cluster.Name}, {bytes:F0} bytes, {peers} peers: {seconds} after {last}");
                    last = seconds;
                }
                var all = Transports.For(library, direction, cluster, 20, bytes);
                Assert.Equal(Transports.For(library, direction, cluster, 20, bytes, cluster.Ranks - cluster.RanksPerNode), all);
                if (cluster.Nodes == 1)
                    Assert.Equal(Transports.For(library, direction, cluster, 20, bytes, 0), all);
            }
        }
    }

    [Fact]
    public void Gathering_inside_nodes_first_wins_for_small_messages_among_2048_ranks_and_loses_for_large_ones()
    {
        foreach (var name in new[] { "a100-8", "h100-8" })
        {
            var cluster = ClusterPresets.Find(name)! with { Nodes = 256 };
            foreach (var bytes in new[] { 16.0, 256, 2_048 })
                Assert.True(Hierarchical(cluster, bytes) < Flat(cluster, bytes), $"{name}, {bytes} bytes to each: flat is faster");
            foreach (var bytes in new[] { 1e6, 1e7 })
                Assert.True(Hierarchical(cluster, bytes) > Flat(cluster, bytes), $"{name}, {bytes} bytes to each: flat is slower");
        }

        static double Flat(Cluster cluster, double bytes) =>
            new BalancedExchange(7 * bytes, 2_040 * bytes, bytes).Seconds(Nccl(cluster, bytes, 2_040));

        // To each rank of the node what it sends on to 256 nodes; then to each other node what 8 ranks gathered.
        static double Hierarchical(Cluster cluster, double bytes) =>
            new BalancedExchange(7 * 256 * bytes, 0, 256 * bytes).Seconds(Nccl(cluster, bytes, 0))
            + new BalancedExchange(0, 255 * 8 * bytes, 8 * bytes).Seconds(Nccl(cluster, bytes, 255));

        static Transport Nccl(Cluster cluster, double bytes, int peers) =>
            Transports.For(CollectiveLibrary.Nccl, ExchangeDirection.Dispatch, cluster, 1, 2_048 * bytes, peers);
    }

    [Fact]
    public void A_device_that_was_not_measured_takes_the_shares_of_H100()
    {
        var (h100, h800) = (H100(2), ClusterPresets.Find("h800-8")! with { Nodes = 2 });
        foreach (var library in Libraries.Where(library => library != CollectiveLibrary.Ideal))
        {
            var (own, taken) = (Of(h100), Of(h800));
            Assert.Equal(own.IntraNode.BytesPerSecond / 450e9, taken.IntraNode.BytesPerSecond / 200e9, 1e-9);
            Assert.Equal(own.InterNode, taken.InterNode);
            Assert.Equal(own.IntraNode.StartUpSeconds, taken.IntraNode.StartUpSeconds);

            Transport Of(Cluster cluster) => Transports.For(library, ExchangeDirection.Dispatch, cluster, 20, 1e9);
        }
        Assert.Equal("A100", DeviceConstants.Fitted.NcclOn(ClusterPresets.Find("a100-8")!.Device).Device);
        Assert.Equal("H100", DeviceConstants.Fitted.NcclOn(ClusterPresets.Find("mi300x-8")!.Device).Device);
    }

    [Fact]
    public void A_copy_is_FP8_with_its_scales_on_the_way_out_and_bfloat16_on_the_way_back()
    {
        Assert.Equal(7_168 + 56 * 4, ExchangeFormat.BytesPerCopy(ExchangeDirection.Dispatch, 7_168));
        Assert.Equal(130 + 2 * 4, ExchangeFormat.BytesPerCopy(ExchangeDirection.Dispatch, 130));
        Assert.Equal(14_336, ExchangeFormat.BytesPerCopy(ExchangeDirection.Dispatch, 7_168, float8Dispatch: false));
        Assert.Equal(14_336, ExchangeFormat.BytesPerCopy(ExchangeDirection.Combine, 7_168));
    }

    private static IEnumerable<(CollectiveLibrary Library, ExchangeDirection Direction, Cluster Cluster)> Cases() =>
        from library in Libraries
        from direction in Directions
        from name in ClusterPresets.Names
        from nodes in new[] { 1, 2, 32 }
        select (library, direction, ClusterPresets.Find(name)! with { Nodes = nodes });

    private static double Seconds(CollectiveLibrary library, ExchangeDirection direction, Cluster cluster, int sms, double bytes) =>
        BalancedExchange.OfPairs(cluster, bytes).Seconds(Transports.For(library, direction, cluster, sms, bytes));

    private static Cluster H100(int nodes) => ClusterPresets.Find("h100-8")! with { Nodes = nodes };
}
