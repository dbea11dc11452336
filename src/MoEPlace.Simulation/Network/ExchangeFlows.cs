namespace MoEPlace.Simulation.Network;

/// <summary>
/// Turns what an exchange sends into flows: one for every pair where pairs are known, else two for every port, what leaves it and what
/// enters it, each over the links on its own side. Of bytes between nodes whose pairs are not known, the share that crosses the spine is
/// that of the ranks on other nodes which stand under another leaf switch.
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
        if (traffic.HasPairs && traffic.Ranks <= FlowNetwork.MostRanksByPairs)
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
            var (port, crossing) = (rank, links.SpineShare(rank));
            Add(traffic.IntraNodeOut[rank], LinkKind.IntraNodeOut, links.Has(LinkKind.NodeSwitch) ? LinkKind.NodeSwitch : null);
            Add(traffic.IntraNodeIn[rank], LinkKind.IntraNodeIn, null);
            var (up, down) = ((long)(traffic.InterNodeOut[rank] * crossing), (long)(traffic.InterNodeIn[rank] * crossing));
            Add(up, LinkKind.NicOut, LinkKind.LeafUp);
            Add(traffic.InterNodeOut[rank] - up, LinkKind.NicOut, null);
            Add(down, LinkKind.NicIn, LinkKind.LeafDown);
            Add(traffic.InterNodeIn[rank] - down, LinkKind.NicIn, null);

            void Add(long bytes, LinkKind kind, LinkKind? further)
            {
                if (bytes == 0)
                    return;
                var between = kind is LinkKind.NicOut or LinkKind.NicIn;
                Span<int> route = [links.LinkOf(kind, port), further is { } second ? links.LinkOf(second, port) : -1];
                flows.Add(Make(
                    links, batch, batch.Waiter(port, between), -1, bytes, between ? inflation.InterNode : inflation.IntraNode,
                    route[..(further is null ? 1 : 2)]));
            }
        }
    }
}
