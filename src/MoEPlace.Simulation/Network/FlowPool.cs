using System.Numerics;
using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// Flows that share links with each other, directly or through others: one max-min problem. Time runs from one end of a flow to the
/// next in doubles, picoseconds after an instant at which flows were added, so that nothing is lost in long runs.
/// </summary>
/// <param name="bytesPerPicosecond">[links] capacities of the whole network.</param>
/// <param name="places">[links] the place of each link in its pool; a link is in one pool at most.</param>
internal sealed class FlowPool(double[] bytesPerPicosecond, int[] places)
{
    private const double LongestPicoseconds = 9e18;
    private readonly List<int> links = [];
    private Flow[] flows = new Flow[Padding];
    private double[] remaining = new double[Padding], rates = new double[Padding];
    private int[] flowBegin = [], flowLinks = [], linkBegin = [], linkFlows = [], flowsOn = [], next = [];
    private double[] capacity = [], open = [], left = [], levels = [];
    private int count, alive;
    private double time, step;

    private static int Padding => Vector<double>.Count;

    /// <summary>Counts the times that this pool was changed, so that what was said of it before is known to be stale.</summary>
    internal int Version { get; set; }

    /// <summary>The instant from which its time counts, picoseconds.</summary>
    internal long Epoch { get; private set; }

    /// <summary>Whether it was brought to now for flows to be added, and its rates are to be found again.</summary>
    internal bool Changed { get; private set; }

    /// <summary>Flows that have not ended.</summary>
    internal int Alive => alive;

    /// <summary>All links that its flows use or have used.</summary>
    internal List<int> Links => links;

    /// <summary>When the next flow ends, rounded up to the picosecond.</summary>
    /// <exception cref="StoppedModelException">That is beyond what a clock holds.</exception>
    internal long NextEnd => Epoch + time + step < LongestPicoseconds
        ? Epoch + (long)Math.Ceiling(time + step - Slack(time + step))
        : throw new StoppedModelException($"bytes that are on their way for {(time + step) * 1e-12:G3} s; a clock holds 9,000,000 s");

    /// <summary>What doubles may be off after so many picoseconds: ends that are that near are one.</summary>
    internal static double Slack(double picoseconds) => 1e-6 + 1e-13 * picoseconds;

    /// <summary>Begins anew, empty.</summary>
    internal void Clear(long now)
    {
        links.Clear();
        (count, alive, time, step, Epoch, Changed) = (0, 0, 0, 0, now, false);
    }

    /// <summary>Adds a flow that begins now; the pool must be at now.</summary>
    internal void Add(in Flow flow)
    {
        Reserve(count + 1);
        flows[count] = flow;
        remaining[count] = flow.Bytes * flow.Inflation;
        rates[count++] = 1;
        alive++;
        Changed = true;
    }

    /// <summary>Takes over all flows of another pool; both must be at now.</summary>
    internal void Absorb(FlowPool other)
    {
        Reserve(count + other.count);
        Array.Copy(other.flows, 0, flows, count, other.count);
        Array.Copy(other.remaining, 0, remaining, count, other.count);
        Array.Copy(other.rates, 0, rates, count, other.count);
        (count, alive, Changed) = (count + other.count, alive + other.alive, true);
        links.AddRange(other.links);
    }

    /// <summary>Ends what ends until now, and lets the rest flow until exactly now.</summary>
    internal void AdvanceTo(long now, List<EndedFlow> ended)
    {
        RunTo(now, ended);
        var span = now - Epoch - time;
        if (alive > 0 && span > 0)
        {
            for (var flow = 0; flow < count; flow++)
                remaining[flow] -= rates[flow] * span;
            step -= span;
        }
        (Epoch, time, Changed) = (now, 0, true);
    }

    /// <summary>Ends what ends until now.</summary>
    internal void RunTo(long now, List<EndedFlow> ended)
    {
        while (alive > 0 && time + step <= now - Epoch + Slack(time + step))
        {
            time += step;
            End(ended);
            if (alive == 0)
                return;
            if (4 * alive < 3 * count)
                Arrange();
            FindRates();
        }
    }

    /// <summary>Finds the rates after flows were added.</summary>
    internal void Settle()
    {
        if (capacity.Length < links.Count)
        {
            var room = 2 * (links.Count + Padding) / Padding * Padding;
            (capacity, open, left, levels) = (new double[room], new double[room], new double[room], new double[room]);
            (flowsOn, next, linkBegin) = (new int[room], new int[room], new int[room + 1]);
        }
        for (var i = 0; i < links.Count; i++)
            (places[links[i]], capacity[i]) = (i, bytesPerPicosecond[links[i]]);
        Changed = false;
        Arrange();
        FindRates();
    }

    private void End(List<EndedFlow> ended)
    {
        var slack = Slack(time);
        for (var begin = 0; begin < count; begin += Padding)
        {
            var (rate, last) = (new Vector<double>(rates, begin), new Vector<double>(remaining, begin));
            last -= rate * step;
            last.CopyTo(remaining, begin);
            if (!Vector.LessThanOrEqualAny(last, rate * slack))
                continue;
            for (var flow = begin; flow < Math.Min(count, begin + Padding); flow++)
            {
                if (!(remaining[flow] <= rates[flow] * slack))
                    continue;
                (remaining[flow], rates[flow]) = (double.PositiveInfinity, 0);
                alive--;
                for (var i = flowBegin[flow]; i < flowBegin[flow + 1]; i++)
                    flowsOn[flowLinks[i]]--;
                ended.Add(new EndedFlow(flows[flow], Epoch, time));
            }
        }
    }

    private void FindRates()
    {
        for (var flow = 0; flow < count; flow++)
            rates[flow] = rates[flow] > 0 ? -1 : 0;
        var width = (links.Count + Padding - 1) / Padding * Padding;
        for (var link = 0; link < width; link++)
        {
            var flowsHere = link < links.Count ? flowsOn[link] : 0;
            (open[link], left[link]) = (flowsHere, flowsHere > 0 ? capacity[link] : double.PositiveInfinity);
        }
        MaxMin.Share(
            linkBegin, linkFlows, flowBegin, flowLinks, rates, open.AsSpan(0, width), left.AsSpan(0, width), levels.AsSpan(0, width));
        var least = new Vector<double>(double.PositiveInfinity);
        for (var begin = 0; begin < count; begin += Padding)
            least = Vector.Min(least, new Vector<double>(remaining, begin) / new Vector<double>(rates, begin));
        step = double.PositiveInfinity;
        for (var i = 0; i < Padding; i++)
            step = Math.Min(step, least[i]);
    }

    /// <summary>Leaves out the flows that have ended, and lists the links of each flow and the flows of each link.</summary>
    private void Arrange()
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
        if (flowBegin.Length <= count)
            (flowBegin, flowLinks) = (new int[flows.Length + 1], new int[NetworkLinks.LongestRoute * flows.Length]);
        flowsOn.AsSpan(0, links.Count).Clear();
        var hops = 0;
        for (var flow = 0; flow < count; flow++)
        {
            foreach (var link in flows[flow].Route)
            {
                if (link < 0)
                    break;
                flowsOn[flowLinks[hops++] = places[link]]++;
            }
            flowBegin[flow + 1] = hops;
        }
        if (linkFlows.Length < hops)
            linkFlows = new int[flowLinks.Length];
        ListFlowsOfLinks();
    }

    private void ListFlowsOfLinks()
    {
        linkBegin[0] = 0;
        for (var link = 0; link < links.Count; link++)
            linkBegin[link + 1] = linkBegin[link] + flowsOn[link];
        linkBegin.AsSpan(0, links.Count).CopyTo(next);
        for (var flow = 0; flow < count; flow++)
            for (var i = flowBegin[flow]; i < flowBegin[flow + 1]; i++)
                linkFlows[next[flowLinks[i]]++] = flow;
    }

    private void Reserve(int wanted)
    {
        if (wanted <= flows.Length)
            return;
        var room = Math.Max(2 * flows.Length, (wanted + Padding - 1) / Padding * Padding);
        Array.Resize(ref flows, room);
        Array.Resize(ref remaining, room);
        Array.Resize(ref rates, room);
    }
}
