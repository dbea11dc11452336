using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Network;

public sealed class FlowNetworkTwinTests
{
    [Fact]
    public void Skewed_exchanges_that_share_links_end_when_the_slow_fluid_solver_says()
    {
        for (var seed = 0; seed < 120; seed++)
        {
            var random = new SeedStream(seed, "fluid twin");
            var cluster = NetworkCases.Random(random);
            var exchanges = Enumerable.Range(0, 1 + random.Next(3)).Select(i => (
                new SimTime(random.Next(40) * 1_000_000L),
                new Exchange($"{i}", NetworkCases.Skewed(random, cluster), TransportOf(random)))).ToArray();
            var run = NetworkRun.Of(cluster, exchanges);
            var expected = Expected(cluster, run.Network.Links, exchanges);
            for (var exchange = 0; exchange < exchanges.Length; exchange++)
                for (var rank = 0; rank < cluster.Ranks; rank++)
                {
                    var (want, got) = (expected[exchange, rank], run[exchange, rank].Seconds);
                    Assert.True(Math.Abs(want - got) <= 1e-9 * want + 2e-12,
                        $"seed {seed}, exchange {exchange}, rank {rank}: {want} s, not {got} s");
                }
        }
    }

    private static Transport TransportOf(SeedStream random) => new(
        "random", new TierTransport(6e-6 * random.NextDouble(), random.Next(2) == 0 ? 1 : 2, 450e9 * (0.5 + 0.5 * random.NextDouble())),
        new TierTransport(2e-5 * random.NextDouble(), 1, 50e9 * (0.5 + 0.5 * random.NextDouble())),
        random.Next(2) == 0 ? 1e12 : double.PositiveInfinity);

    private static double[,] Expected(Cluster cluster, NetworkLinks links, (SimTime Begin, Exchange Exchange)[] exchanges)
    {
        List<FluidTwin.Flow> flows = [];
        List<(int Exchange, int From, int To)> ids = [];
        var route = new int[NetworkLinks.LongestRoute];
        foreach (var (i, (begin, exchange)) in exchanges.Index())
            for (var from = 0; from < cluster.Ranks; from++)
                for (var to = 0; to < cluster.Ranks; to++)
                {
                    var bytes = exchange.Traffic.Pairs[from * cluster.Ranks + to];
                    if (from == to || bytes == 0)
                        continue;
                    var inflation = SameNode(from, to)
                        ? cluster.IntraNode.BandwidthBytesPerSecond / exchange.Transport.IntraNode.BytesPerSecond
                        : cluster.InterNode.BandwidthBytesPerSecond / exchange.Transport.InterNode.BytesPerSecond;
                    flows.Add(new(begin.Seconds, bytes * inflation, route[..links.Route(from, to, route)]));
                    ids.Add((i, from, to));
                }
        var ends = FluidTwin.Run(links.BytesPerSecond.ToArray(), flows);
        var done = new double[exchanges.Length, cluster.Ranks];
        foreach (var (i, (begin, exchange)) in exchanges.Index())
            for (var rank = 0; rank < cluster.Ranks; rank++)
            {
                var local = exchange.Traffic.Local[rank] / exchange.Transport.LocalBytesPerSecond;
                done[i, rank] = begin.Seconds + local
                    + Math.Max(Tier(exchange.Transport.IntraNode, true), Tier(exchange.Transport.InterNode, false));

                double Tier(TierTransport tier, bool inside)
                {
                    var all = Enumerable.Range(0, ids.Count)
                        .Where(f => ids[f].Exchange == i && SameNode(ids[f].From, ids[f].To) == inside).ToArray();
                    var own = all.Where(f => ids[f].From == rank || ids[f].To == rank)
                        .Select(f => ends[f] - begin.Seconds).DefaultIfEmpty(0).Max();
                    return all.Length == 0 ? 0 : own == 0 ? tier.StartUpSeconds : tier.Total(own);
                }
            }
        return done;

        bool SameNode(int a, int b) => a / cluster.RanksPerNode == b / cluster.RanksPerNode;
    }
}
