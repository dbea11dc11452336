using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// Flows that begin together and share no link with any other flow: each has its narrowest link for itself, so that its end is known.
/// A flow leaves when another comes to one of its links.
/// </summary>
internal sealed class LoneFlows(PoolLinks all)
{
    private Flow[] flows = new Flow[1];
    private double[] times = new double[1], order = [];
    private int[] flowAt = [];
    private int count, next;
    private long epoch;

    /// <summary>Whether all have ended or left.</summary>
    internal bool IsOver => next == count;

    /// <summary>When the next flow ends, or a little before, rounded up to the picosecond.</summary>
    /// <exception cref="StoppedModelException">That is beyond what a clock holds.</exception>
    internal long NextEnd => FlowPool.EndOf(epoch, order[next]);

    /// <summary>Begins anew, empty.</summary>
    internal void Clear(long now) => (count, next, epoch) = (0, 0, now);

    /// <summary>Adds a flow that begins now. <see cref="Settle"/> must follow the last one.</summary>
    /// <returns>Its number.</returns>
    internal int Add(in Flow flow)
    {
        if (count == flows.Length)
        {
            Array.Resize(ref flows, 2 * count);
            Array.Resize(ref times, 2 * count);
        }
        (flows[count], times[count]) = (flow, flow.Bytes * flow.Inflation / RateOf(flow));
        return count++;
    }

    /// <summary>Puts the flows in the order of their ends.</summary>
    internal void Settle()
    {
        if (order.Length < count)
            (order, flowAt) = (new double[flows.Length], new int[flows.Length]);
        var kept = 0;
        for (var flow = 0; flow < count; flow++)
        {
            if (double.IsNaN(times[flow]))
                continue;
            (order[kept], flowAt[kept]) = (times[flow], flow);
            kept++;
        }
        (count, next) = (kept, 0);
        Array.Sort(order, flowAt, 0, count);
    }

    /// <summary>A flow goes on among others.</summary>
    /// <returns>The flow, and the bytes that its link has yet to move for it.</returns>
    internal (Flow Flow, double Remaining) Leave(int flow, long now)
    {
        times[flow] = double.NaN;
        return (flows[flow], flows[flow].Bytes * flows[flow].Inflation - RateOf(flows[flow]) * (now - epoch));
    }

    /// <summary>Ends what ends until now.</summary>
    internal void RunTo(long now, List<EndedFlow> ended)
    {
        for (; next < count && order[next] <= now - epoch + FlowPool.Slack(order[next]); next++)
        {
            if (!double.IsNaN(times[flowAt[next]]))
                ended.Add(new EndedFlow(flows[flowAt[next]], epoch, order[next]));
        }
    }

    private double RateOf(in Flow flow)
    {
        var rate = double.PositiveInfinity;
        foreach (var link in flow.Route)
        {
            if (link < 0)
                break;
            rate = Math.Min(rate, all.BytesPerPicosecond[link]);
        }
        return rate;
    }
}
