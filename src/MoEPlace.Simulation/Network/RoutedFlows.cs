using System.Numerics;

namespace MoEPlace.Simulation.Network;

/// <summary>Flows over routes of any length: the links of each flow and the flows of each link as lists.</summary>
internal sealed class RoutedFlows(PoolLinks all) : MovingFlows
{
    private Flow[] flows = [];
    private double[] remaining = [], rates = [];
    private int[] flowBegin = [], flowLinks = [], linkBegin = [], linkFlows = [], flowsOn = [], next = [];
    private double[] capacity = [], open = [], left = [], levels = [];
    private int count, links;

    private static int Padding => Vector<double>.Count;

    internal override void Place(Flow[] flows, double[] remaining, int count, List<int> links)
    {
        (this.flows, this.count, Alive, this.links) = (flows, count, count, links.Count);
        if (this.remaining.Length < count)
            (this.remaining, rates) = (new double[WholeVectors(flows.Length)], new double[WholeVectors(flows.Length)]);
        remaining.AsSpan(0, count).CopyTo(this.remaining);
        rates.AsSpan(0, count).Fill(1);
        if (capacity.Length < links.Count)
        {
            var room = WholeVectors(2 * links.Count);
            (capacity, open, left, levels) = (new double[room], new double[room], new double[room], new double[room]);
            (flowsOn, next, linkBegin) = (new int[room], new int[room], new int[room + 1]);
        }
        for (var i = 0; i < links.Count; i++)
            (all.Places[links[i]], capacity[i]) = (i, all.BytesPerPicosecond[links[i]]);
        Arrange();
        FindRates();
    }

    internal override int TakeBack(double span, Flow[] flows, double[] remaining)
    {
        LeaveOutEnded();
        for (var flow = 0; flow < count; flow++)
            remaining[flow] = this.remaining[flow] - rates[flow] * span;
        return count;
    }

    internal override void End(long epoch, double time, List<EndedFlow> ended)
    {
        var slack = FlowPool.Slack(time);
        for (var begin = 0; begin < count; begin += Padding)
        {
            var (rate, last) = (new Vector<double>(rates, begin), new Vector<double>(remaining, begin));
            last -= rate * Step;
            last.CopyTo(remaining, begin);
            if (!Vector.LessThanOrEqualAny(last, rate * slack))
                continue;
            for (var flow = begin; flow < Math.Min(count, begin + Padding); flow++)
            {
                if (!(remaining[flow] <= rates[flow] * slack))
                    continue;
                (remaining[flow], rates[flow]) = (double.PositiveInfinity, 0);
                Alive--;
                for (var i = flowBegin[flow]; i < flowBegin[flow + 1]; i++)
                    flowsOn[flowLinks[i]]--;
                ended.Add(new EndedFlow(flows[flow], epoch, time));
            }
        }
        if (Alive == 0)
            return;
        if (4 * Alive < 3 * count)
            Arrange();
        FindRates();
    }

    private void FindRates()
    {
        for (var flow = 0; flow < count; flow++)
            rates[flow] = rates[flow] > 0 ? -1 : 0;
        var width = WholeVectors(links);
        for (var link = 0; link < width; link++)
        {
            var flowsHere = link < links ? flowsOn[link] : 0;
            (open[link], left[link]) = (flowsHere, flowsHere > 0 ? capacity[link] : double.PositiveInfinity);
        }
        MaxMin.Share(
            linkBegin, linkFlows, flowBegin, flowLinks, rates, open.AsSpan(0, width), left.AsSpan(0, width), levels.AsSpan(0, width));
        var least = new Vector<double>(double.PositiveInfinity);
        for (var begin = 0; begin < count; begin += Padding)
            least = Vector.Min(least, new Vector<double>(remaining, begin) / new Vector<double>(rates, begin));
        Step = double.PositiveInfinity;
        for (var i = 0; i < Padding; i++)
            Step = Math.Min(Step, least[i]);
    }

    /// <summary>Leaves out the flows that have ended, and lists the links of each flow and the flows of each link.</summary>
    private void Arrange()
    {
        LeaveOutEnded();
        if (flowBegin.Length <= count)
            (flowBegin, flowLinks) = (new int[flows.Length + 1], new int[NetworkLinks.LongestRoute * flows.Length]);
        flowsOn.AsSpan(0, links).Clear();
        var hops = 0;
        for (var flow = 0; flow < count; flow++)
        {
            foreach (var link in flows[flow].Route)
            {
                if (link < 0)
                    break;
                flowsOn[flowLinks[hops++] = all.Places[link]]++;
            }
            flowBegin[flow + 1] = hops;
        }
        if (linkFlows.Length < hops)
            linkFlows = new int[flowLinks.Length];
        ListFlowsOfLinks();
    }

    private void LeaveOutEnded()
    {
        var kept = 0;
        for (var flow = 0; flow < count; flow++)
        {
            if (rates[flow] == 0)
                continue;
            (flows[kept], remaining[kept], rates[kept]) = (flows[flow], remaining[flow], rates[flow]);
            kept++;
        }
        count = kept;
        remaining.AsSpan(count).Fill(double.PositiveInfinity);
        rates.AsSpan(count).Clear();
    }

    private void ListFlowsOfLinks()
    {
        linkBegin[0] = 0;
        for (var link = 0; link < links; link++)
            linkBegin[link + 1] = linkBegin[link] + flowsOn[link];
        linkBegin.AsSpan(0, links).CopyTo(next);
        for (var flow = 0; flow < count; flow++)
            for (var i = flowBegin[flow]; i < flowBegin[flow + 1]; i++)
                linkFlows[next[flowLinks[i]]++] = flow;
    }

    private static int WholeVectors(int length) => (length + Padding - 1) / Padding * Padding;
}
