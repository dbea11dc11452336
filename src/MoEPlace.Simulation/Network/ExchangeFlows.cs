namespace MoEPlace.Simulation.Network;

/// <summary>
/// Turns what an exchange sends into flows: one for every pair where pairs are known, over all links of its route; else one for every link
/// that bytes of a rank pass, over that link alone. So the exchange takes what its busiest link takes, which no order of pairs can beat.
/// </summary>
internal static class ExchangeFlows
{
    /// <summary>Lists the flows of an exchange that begins, and notes in its batch who waits for them.</summary>
    /// <param name="links">The links of the cluster.</param>
    /// <param name="inflation">How much of a link's time bytes take, within nodes and between them.</param>
    /// <param name="batch">Of an exchange.</param>
    /// <param name="flows">Receives the flows.</param>
    internal static void List(NetworkLinks links, (double IntraNode, double InterNode) inflation, FlowBatch batch, List<Flow> flows)
    {
        var traffic = batch.Exchange!.Traffic;
        if (traffic.HasPairs)
            ListPairs(links, inflation, batch, traffic, flows);
        else
            ListPorts(links, inflation, batch, traffic, flows);
        foreach (var flow in flows)
        {
            batch.IntraNode |= flow.First < traffic.Ranks;
            batch.InterNode |= flow.First >= traffic.Ranks;
        }
    }

    /// <summary>A flow over some links; its waiters are noted in the batch.</summary>
    internal static Flow Make(
        NetworkLinks links, FlowBatch batch, int first, int second, long bytes, double inflation, ReadOnlySpan<int> route)
    {
        long added = 0;
        foreach (var link in route)
            added += links.AddedPicoseconds[link];
        batch.Expect(first, added);
        batch.Expect(second, added);
        return new Flow(batch, first, second, bytes, inflation, Flow.Links.Of(route));
    }

    private static void ListPairs(
        NetworkLinks links, (double IntraNode, double InterNode) inflation, FlowBatch batch, ExchangeTraffic traffic, List<Flow> flows)
    {
        Span<int> route = stackalloc int[NetworkLinks.LongestRoute];
        for (var from = 0; from < traffic.Ranks; from++)
        {
            for (var to = 0; to < traffic.Ranks; to++)
            {
                var bytes = traffic.Pairs[from * traffic.Ranks + to];
                if (bytes == 0 || from == to)
                    continue;
                var between = from / traffic.RanksPerNode != to / traffic.RanksPerNode;
                var hops = links.Route(from, to, route);
                flows.Add(Make(
                    links, batch, batch.Waiter(from, between), batch.Waiter(to, between), bytes,
                    between ? inflation.InterNode : inflation.IntraNode, route[..hops]));
            }
        }
    }

    private static void ListPorts(
        NetworkLinks links, (double IntraNode, double InterNode) inflation, FlowBatch batch, ExchangeTraffic traffic, List<Flow> flows)
    {
        for (var rank = 0; rank < traffic.Ranks; rank++)
        {
            var port = rank;
            Add(traffic.IntraNodeOut[rank], LinkKind.IntraNodeOut);
            Add(traffic.IntraNodeIn[rank], LinkKind.IntraNodeIn);
            Add(traffic.InterNodeOut[rank], LinkKind.NicOut);
            Add(traffic.InterNodeIn[rank], LinkKind.NicIn);
            if (links.Has(LinkKind.NodeSwitch))
                Add(traffic.IntraNodeOut[rank], LinkKind.NodeSwitch);
            if (!links.HasSpine)
                continue;
            Add(traffic.SpineOut[rank], LinkKind.LeafUp);
            Add(traffic.SpineIn[rank], LinkKind.LeafDown);

            void Add(long bytes, LinkKind kind)
            {
                if (bytes == 0)
                    return;
                var between = kind is LinkKind.NicOut or LinkKind.NicIn or LinkKind.LeafUp or LinkKind.LeafDown;
                flows.Add(Make(
                    links, batch, batch.Waiter(port, between), -1, bytes, between ? inflation.InterNode : inflation.IntraNode,
                    [links.LinkOf(kind, port)]));
            }
        }
    }
}
