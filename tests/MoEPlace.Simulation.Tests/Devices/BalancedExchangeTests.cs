using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class BalancedExchangeTests
{
    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 8)]
    [InlineData(5, 3)]
    public void Pairs_are_those_of_uniform_traffic(int nodes, int ranksPerNode)
    {
        var ranks = nodes * ranksPerNode;
        var pairs = new long[ranks * ranks];
        Array.Fill(pairs, 1_000);
        var traffic = ExchangeTraffic.OfPairs(ranks, ranksPerNode, pairs);
        var balanced = BalancedExchange.OfPairs(Cluster(nodes, ranksPerNode), 1_000.0 * ranks);
        Assert.Equal(traffic.IntraNodeOut[0], balanced.IntraNodeBytes, 1e-6);
        Assert.Equal(traffic.InterNodeIn[ranks - 1], balanced.InterNodeBytes, 1e-6);
        Assert.Equal(traffic.Local[0], balanced.LocalBytes, 1e-6);
    }

    [Theory]
    [InlineData(1, 8, 256, 8)]
    [InlineData(2, 8, 256, 8)]
    [InlineData(4, 4, 64, 6)]
    [InlineData(3, 2, 6, 2)]
    public void Copies_to_nodes_and_ranks_are_those_of_random_tokens(int nodes, int ranksPerNode, int experts, int topK)
    {
        const int Tokens = 20_000;
        var (ranks, random) = (nodes * ranksPerNode, new SeedStream(1, "node copies", nodes));
        long intraNode = 0, interNode = 0, local = 0;
        var order = Enumerable.Range(0, experts).ToArray();
        for (var token = 0; token < Tokens; token++)
        {
            random.Shuffle(order.AsSpan());
            var home = token % ranks;
            var needed = order.Take(topK).Select(expert => expert / (experts / ranks)).Distinct().ToArray();
            interNode += needed.Select(rank => rank / ranksPerNode).Distinct().Count(node => node != home / ranksPerNode);
            // On every node it is the rank of the home's index that hands the copy on.
            intraNode += needed.Count(rank => rank % ranksPerNode != home % ranksPerNode);
            local += needed.Count(rank => rank == home);
        }
        var expected = BalancedExchange.OfNodeCopies(Cluster(nodes, ranksPerNode), 1, Tokens, topK, experts);
        Assert.Equal(intraNode / (double)Tokens, expected.IntraNodeBytes / Tokens, 0.03);
        Assert.Equal(interNode / (double)Tokens, expected.InterNodeBytes / Tokens, 0.03);
        Assert.Equal(local / (double)Tokens, expected.LocalBytes / Tokens, 0.03);
    }

    [Theory]
    [InlineData(2, 2, 2)]
    [InlineData(3, 2, 3)]
    [InlineData(4, 3, 2)]
    [InlineData(1, 5, 3)]
    public void Distinct_groups_are_those_of_all_subsets(int groups, int size, int chosen)
    {
        var all = groups * size;
        var hits = Enumerable.Range(0, 1 << all)
            .Where(subset => int.PopCount(subset) == chosen)
            .Select(subset => Enumerable.Range(0, groups).Count(group => (subset >> (group * size) & (1 << size) - 1) != 0))
            .ToArray();
        Assert.Equal(hits.Average(), BalancedExchange.Distinct(groups, size, chosen), 1e-12);
    }

    [Fact]
    public void A_limit_of_nodes_per_token_takes_copies_away()
    {
        var cluster = Cluster(8, 8);
        var free = BalancedExchange.OfNodeCopies(cluster, 7_392, 4_096, 8, 256);
        var limited = BalancedExchange.OfNodeCopies(cluster, 7_392, 4_096, 8, 256, nodesPerToken: 4);
        Assert.True(limited.InterNodeBytes < free.InterNodeBytes);
        Assert.Equal(free, BalancedExchange.OfNodeCopies(cluster, 7_392, 4_096, 8, 256, nodesPerToken: 100));
    }

    [Fact]
    public void Local_copies_come_first_then_the_slower_tier()
    {
        var transport = new Transport("own", new TierTransport(2, 1, 10), new TierTransport(1, 1, 2), 5);
        Assert.Equal(1 + Math.Max(2 + 4, 1 + 10), new BalancedExchange(40, 20, 5).Seconds(transport));
        Assert.Equal(0, new BalancedExchange(0, 0, 0).Seconds(transport));
    }

    private static Cluster Cluster(int nodes, int ranksPerNode) =>
        ClusterPresets.Find("h100-8")! with { Nodes = nodes, RanksPerNode = ranksPerNode };
}
