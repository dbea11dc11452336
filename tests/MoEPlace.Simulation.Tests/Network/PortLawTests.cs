using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Network;

public sealed class PortLawTests
{
    [Fact]
    public void By_ports_an_exchange_takes_no_longer_than_by_pairs_and_no_less_than_its_busiest_link()
    {
        var spines = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new SeedStream(seed, "ports, pairs and fabrics");
            var cluster = NetworkCases.Random(random);
            foreach (var (name, byPairs, byPorts) in Shapes(random, cluster))
            {
                var message = $"seed {seed}, {name}";
                var (pairs, ports) = (NetworkRun.TimeOf(cluster, byPairs), NetworkRun.TimeOf(cluster, byPorts));
                var bound = BusiestLinkPicoseconds(cluster, byPairs);
                Assert.True(ports <= pairs, $"{message}: {ports.Seconds} s by ports, {pairs.Seconds} s by pairs");
                Assert.True(ports.Picoseconds >= bound - 1, $"{message}: {ports.Picoseconds} ps is under {bound} ps");
                Assert.True(byPorts.MostPeers >= byPairs.MostPeers, $"{message}: {byPorts.MostPeers} peers, not {byPairs.MostPeers}");
                spines += byPorts.SpineOut.ContainsAnyExcept(0) ? 1 : 0;
            }
        }
        Assert.InRange(spines, 100, int.MaxValue);
    }

    [Fact]
    public void Traffic_along_the_rails_does_not_cross_the_spine_and_other_traffic_does()
    {
        var cluster = NetworkCases.ClusterOf(8, 8, new Fabric(RailOptimised: true, Oversubscription: 4));
        // 7 x 10 MB at 50 GB/s; across, 8 ranks of a rail send 70 MB each through 8 x 50 / 4 GB/s.
        Assert.Equal(22_570_000 + 1_400_000_000L, Picoseconds(near: true));
        Assert.Equal(22_570_000 + 5_600_000_000L, Picoseconds(near: false));

        long Picoseconds(bool near)
        {
            var pairs = new long[64 * 64];
            for (var from = 0; from < 64; from++)
                for (var node = 0; node < 8; node++)
                    if (node != from / 8)
                        pairs[from * 64 + node * 8 + (from + (near ? 0 : 1)) % 8] = 10_000_000;
            var traffic = ExchangeTraffic.OfPairs(64, 8, pairs);
            var byPorts = NetworkRun.TimeOf(cluster, traffic.ToPorts(cluster)).Picoseconds;
            Assert.InRange(NetworkRun.TimeOf(cluster, traffic).Picoseconds, byPorts, byPorts + 1);
            return byPorts;
        }
    }

    /// <summary>What layers and collectives send, by pairs and by ports.</summary>
    private static IEnumerable<(string Name, ExchangeTraffic ByPairs, ExchangeTraffic ByPorts)> Shapes(SeedStream random, Cluster cluster)
    {
        int[] nodeOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => rank / cluster.RanksPerNode)];
        int[] leafOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => cluster.LeafOf(new RankId(rank)))];
        var copies = Enumerable.Range(0, random.Next(200)).Select(_ => (
            From: random.Next(cluster.Ranks),
            To: Enumerable.Range(0, cluster.Ranks).Where(_ => random.Next(3) == 0).ToArray(),
            Alone: 1 + random.Next(9))).ToList();
        foreach (var algorithm in Enum.GetValues<AllToAllAlgorithm>())
        {
            var (pairs, ports) = (Route(byPair: true), Route(byPair: false));
            foreach (var (i, form) in pairs.Dispatch(90_001).Index())
            {
                yield return ($"{algorithm} dispatch {i}", form, ports.Dispatch(90_001)[i]);
                yield return (
                    $"{algorithm} dispatch {i} backward", TrafficShapes.Transpose(form), TrafficShapes.Transpose(ports.Dispatch(90_001)[i]));
            }
            foreach (var (i, form) in pairs.Combine(90_001).Index())
                yield return ($"{algorithm} combine {i}", form, ports.Combine(90_001)[i]);
            var (parts, sums) = (pairs.Dispatch(7_003).Concat(pairs.Combine(301)), ports.Dispatch(7_003).Concat(ports.Combine(301)));
            yield return ($"{algorithm} at once", TrafficShapes.Sum([.. parts]), TrafficShapes.Sum([.. sums]));

            CopyRoute Route(bool byPair)
            {
                var route = new CopyRoute(algorithm, cluster, nodeOf, leafOf, byPair);
                foreach (var (from, to, alone) in copies)
                {
                    route.Add(from, to);
                    if (to.Length > 0 && algorithm != AllToAllAlgorithm.NodeDeduplicated)
                        route.Add(from, to[0], alone);
                }
                return route;
            }
        }
        bool[] lost = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => rank > 0 && random.Next(5) == 0)];
        yield return (
            "all-reduce", TrafficShapes.AllReduce(1_000_003, cluster, lost, cluster.Ranks),
            TrafficShapes.AllReduce(1_000_003, cluster, lost, pairRanks: 0));
        var skewed = NetworkCases.Skewed(random, cluster, random.NextDouble());
        yield return ("skewed", skewed, skewed.ToPorts(cluster));
    }

    private static double BusiestLinkPicoseconds(Cluster cluster, ExchangeTraffic traffic)
    {
        var links = new NetworkLinks(cluster);
        var bytes = new long[links.Count];
        var route = new int[NetworkLinks.LongestRoute];
        var ranks = cluster.Ranks;
        for (var from = 0; from < ranks; from++)
            for (var to = 0; to < ranks; to++)
                for (var hop = 0; from != to && hop < links.Route(from, to, route); hop++)
                    bytes[route[hop]] += traffic.Pairs[from * ranks + to];
        return Enumerable.Range(0, links.Count).Where(link => bytes[link] > 0).Select(Picoseconds).DefaultIfEmpty().Max();

        double Picoseconds(int link)
        {
            var tier = links.KindOf(link) is LinkKind.IntraNodeOut or LinkKind.IntraNodeIn or LinkKind.NodeSwitch
                ? cluster.IntraNode
                : cluster.InterNode;
            return tier.LatencyNanoseconds * 1e3 + bytes[link] / links.BytesPerSecond[link] * 1e12;
        }
    }
}
