using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Schedules;

/// <summary>Traffic made of other traffic, and that of an all-reduce.</summary>
internal static class TrafficShapes
{
    /// <summary>The same bytes the other way: what a backward pass sends.</summary>
    internal static ExchangeTraffic Transpose(ExchangeTraffic traffic)
    {
        var ranks = traffic.Ranks;
        if (!traffic.HasPairs)
            return ExchangeTraffic.OfPorts(traffic.RanksPerNode, traffic.Ports.Reversed, traffic.MostPeers);
        var pairs = new long[ranks * ranks];
        for (var from = 0; from < ranks; from++)
            for (var to = 0; to < ranks; to++)
                pairs[to * ranks + from] = traffic.Pairs[from * ranks + to];
        return ExchangeTraffic.OfPairs(ranks, traffic.RanksPerNode, pairs);
    }

    /// <summary>The bytes of several exchanges in one.</summary>
    internal static ExchangeTraffic Sum(IReadOnlyList<ExchangeTraffic> parts)
    {
        var first = parts[0];
        if (parts.Count == 1)
            return first;
        if (first.HasPairs)
        {
            var pairs = first.Pairs.ToArray();
            foreach (var part in parts.Skip(1))
                Add(pairs, part.Pairs);
            return ExchangeTraffic.OfPairs(first.Ranks, first.RanksPerNode, pairs);
        }
        var ports = first.Ports.Times(1);
        var peers = first.MostPeers;
        foreach (var part in parts.Skip(1))
        {
            ports.Add(part.Ports);
            peers += part.MostPeers;
        }
        return ExchangeTraffic.OfPorts(first.RanksPerNode, ports, Math.Min(peers, first.Ranks - first.RanksPerNode));
    }

    /// <summary>
    /// A ring all-reduce: every rank sends 2 (n - 1) / n of the bytes to the next (Patarasuk and Yuan 2009). As many rings as a node has
    /// ranks, each with an equal share and leaving its nodes through another rank, so that all adapters carry alike.
    /// </summary>
    /// <param name="bytes">What every rank holds, 0 or more.</param>
    /// <param name="cluster">Nodes, ranks and leaf switches.</param>
    /// <param name="lost">[ranks] whether a rank takes no part.</param>
    /// <param name="pairRanks">Up to this many ranks the bytes of every pair are told.</param>
    internal static ExchangeTraffic AllReduce(long bytes, Cluster cluster, ReadOnlySpan<bool> lost, int pairRanks)
    {
        var (ranks, ranksPerNode) = (cluster.Ranks, cluster.RanksPerNode);
        var pairs = new long[ranks <= pairRanks ? ranks * ranks : 0];
        var ports = new PortSums(ranks);
        var (receivers, senders) = (new int[ranks], new int[ranks]);
        for (var ring = 0; ring < ranksPerNode; ring++)
        {
            var order = new List<int>(ranks);
            for (var i = 0; i < ranks; i++)
            {
                var rank = i / ranksPerNode * ranksPerNode + (i + ring) % ranksPerNode;
                if (!lost[rank])
                    order.Add(rank);
            }
            // The shares of the rings sum to the bytes exactly.
            var share = bytes * (ring + 1) / ranksPerNode - bytes * ring / ranksPerNode;
            var hop = (long)Math.Ceiling(2.0 * share * (order.Count - 1) / order.Count);
            for (var i = 0; i < order.Count && order.Count > 1; i++)
            {
                var (from, to) = (order[i], order[(i + 1) % order.Count]);
                if (pairs.Length > 0)
                    pairs[from * ranks + to] += hop;
                ports.Add(cluster, from, to, hop);
                var peer = hop == 0 || from / ranksPerNode == to / ranksPerNode ? 0 : 1;
                receivers[from] += peer;
                senders[to] += peer;
            }
        }
        return pairs.Length > 0
            ? ExchangeTraffic.OfPairs(ranks, ranksPerNode, pairs)
            : ExchangeTraffic.OfPorts(ranksPerNode, ports, Math.Max(receivers.Max(), senders.Max()));
    }

    /// <summary>Whether anything travels between nodes.</summary>
    internal static bool CrossesNodes(ExchangeTraffic traffic) => traffic.InterNodeOut.ContainsAnyExcept(0);

    private static void Add(long[] sum, ReadOnlySpan<long> more)
    {
        for (var i = 0; i < sum.Length; i++)
            sum[i] += more[i];
    }
}
