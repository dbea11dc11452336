using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// Flows that share links with each other, directly or through others: one max-min problem. Time runs from one end of a flow to the
/// next in doubles, picoseconds after an instant at which flows were added, so that nothing is lost in long runs.
/// </summary>
internal sealed class FlowPool(PoolLinks all)
{
    private const double LongestPicoseconds = 9e18;
    private const int Few = 4;
    private Flow[] flows = new Flow[Few];
    private double[] remaining = new double[Few];
    private CrossbarFlows? crossbar;
    private RoutedFlows? routed;
    private MovingFlows? moving;
    private int count;
    private double time;

    /// <summary>Counts the times that this pool was changed, so that what was said of it before is known to be stale.</summary>
    internal int Version { get; set; }

    /// <summary>The instant from which its time counts, picoseconds.</summary>
    internal long Epoch { get; private set; }

    /// <summary>Whether it was brought to now for flows to be added, and its rates are to be found again.</summary>
    internal bool Changed => moving is null;

    /// <summary>Flows that have not ended.</summary>
    internal int Alive => moving?.Alive ?? count;

    /// <summary>All links that its flows use or have used.</summary>
    internal List<int> Links { get; } = [];

    /// <summary>When the next flow ends, rounded up to the picosecond.</summary>
    /// <exception cref="StoppedModelException">That is beyond what a clock holds.</exception>
    internal long NextEnd => EndOf(Epoch, NextTime);

    private double NextTime => time + moving!.Step;

    /// <summary>What doubles may be off after so many picoseconds: ends that are that near are one.</summary>
    internal static double Slack(double picoseconds) => 1e-6 + 1e-13 * picoseconds;

    /// <summary>An instant, rounded up to the picosecond.</summary>
    /// <exception cref="StoppedModelException">It is beyond what a clock holds.</exception>
    internal static long EndOf(long epoch, double time) => epoch + time < LongestPicoseconds
        ? epoch + (long)Math.Ceiling(time - Slack(time))
        : throw new StoppedModelException($"bytes that are on their way for {time * 1e-12:G3} s; a clock holds 9,000,000 s");

    /// <summary>Begins anew, empty.</summary>
    internal void Clear(long now)
    {
        Links.Clear();
        (count, time, Epoch, moving) = (0, 0, now, null);
    }

    /// <summary>Adds a flow of which so many bytes remain to be moved by its links; the pool must be at now.</summary>
    internal void Add(in Flow flow, double bytes)
    {
        Reserve(count + 1);
        (flows[count], remaining[count]) = (flow, bytes);
        count++;
    }

    /// <summary>Takes over all flows of another pool; both must be at now.</summary>
    internal void Absorb(FlowPool other)
    {
        Reserve(count + other.count);
        Array.Copy(other.flows, 0, flows, count, other.count);
        Array.Copy(other.remaining, 0, remaining, count, other.count);
        count += other.count;
        Links.AddRange(other.Links);
    }

    /// <summary>Ends what ends until now, and lets the rest flow until exactly now, ready for flows to be added.</summary>
    internal void AdvanceTo(long now, List<EndedFlow> ended)
    {
        RunTo(now, ended);
        count = Alive == 0 ? 0 : moving!.TakeBack(Math.Max(0, now - Epoch - time), flows, remaining);
        (Epoch, time, moving) = (now, 0, null);
    }

    /// <summary>Ends what ends until now.</summary>
    internal void RunTo(long now, List<EndedFlow> ended)
    {
        while (Alive > 0 && NextTime <= now - Epoch + Slack(NextTime))
        {
            time = NextTime;
            moving!.End(Epoch, time, ended);
        }
    }

    /// <summary>Finds the rates after flows were added.</summary>
    internal void Settle()
    {
        var fits = true;
        for (var flow = 0; flow < count && fits; flow++)
            fits = CrossbarFlows.Fits(flows[flow]);
        moving = fits ? crossbar ??= new CrossbarFlows(all) : routed ??= new RoutedFlows(all);
        moving.Place(flows, remaining, count, Links);
    }

    private void Reserve(int wanted)
    {
        if (wanted <= flows.Length)
            return;
        var room = Math.Max(2 * flows.Length, wanted);
        Array.Resize(ref flows, room);
        Array.Resize(ref remaining, room);
    }
}
