using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Network;

public sealed class FlowNetworkTests
{
    [Fact]
    public void Uniform_exchanges_equal_the_closed_form_to_the_picosecond()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new SeedStream(seed, "closed form");
            var (ranks, bytes, rate) = (2 + random.Next(30), 1L + random.Next(1 << 28), 1_000_000_007L * (1 + random.Next(400)));
            var latencyNanoseconds = random.Next(50_000);
            var cluster = NetworkCases.ClusterOf(ranks, 1) with { InterNode = new Link(rate, latencyNanoseconds, "test") };
            var traffic = NetworkCases.Uniform(cluster, bytes);
            var picoseconds = ((Int128)bytes * (ranks - 1) * 1_000_000_000_000 + rate - 1) / rate;
            var expected = new SimTime(latencyNanoseconds * 1_000L + (long)picoseconds);
            var run = NetworkRun.Of(cluster, (new SimTime(seed), new Exchange("uniform", traffic, Transport.Ideal(cluster))));
            for (var rank = 0; rank < ranks; rank++)
                Assert.True(run[0, rank] == new SimTime(seed) + expected, $"seed {seed}: {expected}, not {run[0, rank]}");
            Assert.True(
                NetworkRun.TimeOf(cluster, traffic.ToPorts(cluster)) == expected, $"seed {seed}: by ports it is not {expected}");
        }
    }

    [Fact]
    public void A_port_that_is_overlapped_with_the_start_up_takes_what_its_transport_says()
    {
        var cluster = NetworkCases.ClusterOf(8, 1);
        var tier = new TierTransport(17e-6, 1.7, 33e9);
        var traffic = NetworkCases.Uniform(cluster, 100_000);
        var expected = SimTime.FromSeconds(tier.Total(700_000 / 33e9));
        Assert.Equal(expected, NetworkRun.TimeOf(cluster, traffic, new Transport("overlapped", tier, tier)));
        // What stays is copied first, exactly 100,000 bytes at 10 GB/s.
        Assert.Equal(expected + new SimTime(10_000_000), NetworkRun.TimeOf(cluster, traffic, new Transport("copied", tier, tier, 10e9)));
    }

    [Fact]
    public void One_byte_more_on_one_pair_changes_the_result()
    {
        var cluster = NetworkCases.ClusterOf(8, 8);
        var before = NetworkRun.TimeOf(cluster, NetworkCases.Uniform(cluster, 917_504));
        var pairs = new long[64 * 64];
        Array.Fill(pairs, 917_504);
        pairs[3 * 64 + 60]++;
        var after = NetworkRun.TimeOf(cluster, ExchangeTraffic.OfPairs(64, 8, pairs));
        Assert.True(after > before && (after - before).Picoseconds <= 20, $"{before} and {after}");
    }

    [Fact]
    public void No_exchange_is_faster_than_its_busiest_port_and_links_carry_what_was_sent()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new SeedStream(seed, "busiest port");
            var cluster = NetworkCases.Random(random);
            var traffic = NetworkCases.Skewed(random, cluster, random.NextDouble());
            foreach (var form in new[] { traffic, traffic.ToPorts(cluster) })
            {
                var run = NetworkRun.Of(cluster, (SimTime.Zero, new Exchange("skewed", form, Transport.Ideal(cluster))));
                var bound = BusiestPortSeconds(cluster, traffic);
                Assert.True(run.EndOf(0) >= SimTime.FromSeconds(bound), $"seed {seed}: {run.EndOf(0).Seconds} s is under {bound} s");
                var use = run.Network.Use();
                foreach (var (outward, inward, bytes) in new[]
                {
                    (LinkKind.IntraNodeOut, LinkKind.IntraNodeIn, Sum(traffic.IntraNodeOut)),
                    (LinkKind.NicOut, LinkKind.NicIn, Sum(traffic.InterNodeOut)),
                })
                {
                    Assert.True(
                        (bytes, bytes) == (Carried(run, use, outward), Carried(run, use, inward)),
                        $"seed {seed}: {bytes} bytes were sent over {outward}");
                }
                Assert.All(use.Spans, s => Assert.True(s.Begin < s.End && s.Share is > 0 and <= 1, $"seed {seed}: {s}"));
                Assert.Equal(use.Busy.Sum(b => b.Picoseconds), use.Spans.Sum(s => (s.End - s.Begin).Picoseconds));
            }
        }
    }

    [Fact]
    public void By_ports_an_exchange_takes_no_longer_than_by_pairs_and_little_less()
    {
        var worst = 0.0;
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new SeedStream(seed, "ports and pairs");
            var cluster = NetworkCases.ClusterOf(8, 8);
            var pairs = new long[64 * 64];
            foreach (ref var bytes in pairs.AsSpan())
                bytes = (long)(100_000 * Math.Exp(2 * random.NextDouble() - 1));
            var traffic = ExchangeTraffic.OfPairs(64, 8, pairs);
            var (byPairs, byPorts) = (NetworkRun.TimeOf(cluster, traffic), NetworkRun.TimeOf(cluster, traffic.ToPorts(cluster)));
            Assert.True(byPorts <= byPairs, $"seed {seed}: {byPorts} by ports, {byPairs} by pairs");
            worst = Math.Max(worst, byPairs.Seconds / byPorts.Seconds - 1);
        }
        Assert.True(worst < 0.05, $"by ports an exchange is up to {worst:P2} faster");
    }

    [Fact]
    public void A_tier_on_which_nothing_travels_costs_nothing()
    {
        var cluster = NetworkCases.ClusterOf(2, 2);
        Assert.Equal(SimTime.Zero, NetworkRun.TimeOf(cluster, NetworkCases.Uniform(cluster, 0)));
        var pairs = new long[16];
        pairs[1] = 450;
        // 6,710 ns and 450 bytes at 450 GB/s; ranks 2 and 3 take part in the collective without bytes.
        var run = NetworkRun.Of(
            cluster, (SimTime.Zero, new Exchange("one pair", ExchangeTraffic.OfPairs(4, 2, pairs), Transport.Ideal(cluster))));
        Assert.Equal([6_711_000L, 6_711_000L, 6_710_000L, 6_710_000L], Enumerable.Range(0, 4).Select(rank => run[0, rank].Picoseconds));
    }

    internal static double BusiestPortSeconds(Cluster cluster, ExchangeTraffic traffic)
    {
        return Math.Max(
            Tier(cluster.IntraNode, Math.Max(Most(traffic.IntraNodeOut), Most(traffic.IntraNodeIn))),
            Tier(cluster.InterNode, Math.Max(Most(traffic.InterNodeOut), Most(traffic.InterNodeIn))));

        static double Tier(Link link, long bytes) => bytes == 0 ? 0 : link.LatencyNanoseconds * 1e-9 + bytes / link.BandwidthBytesPerSecond;
        static long Most(ReadOnlySpan<long> bytes) => bytes.ToArray().Max();
    }

    private static long Sum(ReadOnlySpan<long> bytes) => bytes.ToArray().Sum();

    private static long Carried(NetworkRun run, NetworkUse use, LinkKind kind) =>
        Enumerable.Range(0, run.Network.Links.Count).Where(link => run.Network.Links.KindOf(link) == kind).Sum(link => use.Bytes[link]);
}
