namespace MoEPlace.Simulation.Network;

/// <summary>Counts what the links carry and when they do.</summary>
internal sealed class LinkTally(NetworkLinks links, bool recordSpans)
{
    private readonly long[] bytes = new long[links.Count], busyPicoseconds = new long[links.Count], begin = new long[links.Count];
    private readonly int[] flowsOn = new int[links.Count];
    private readonly double[] carried = new double[links.Count];
    private readonly List<BusySpan> spans = [];

    internal NetworkUse Use => new([.. bytes], [.. busyPicoseconds.Select(p => new SimTime(p))], [.. spans]);

    internal void Begin(in Flow flow, long now)
    {
        foreach (var link in flow.Route)
        {
            if (link < 0)
                break;
            if (flowsOn[link]++ == 0)
                (begin[link], carried[link]) = (now, 0);
        }
    }

    internal void End(in EndedFlow ended)
    {
        var end = ended.Epoch + (long)Math.Ceiling(Math.Max(0, ended.Time - FlowPool.Slack(ended.Time)));
        foreach (var link in ended.Flow.Route)
        {
            if (link < 0)
                break;
            bytes[link] += ended.Flow.Bytes;
            carried[link] += ended.Flow.Bytes * ended.Flow.Inflation;
            if (--flowsOn[link] > 0)
                continue;
            busyPicoseconds[link] += end - begin[link];
            if (!recordSpans || end == begin[link])
                continue;
            var share = carried[link] / (links.BytesPerSecond[link] * (end - begin[link]) * 1e-12);
            spans.Add(new BusySpan(link, new SimTime(begin[link]), new SimTime(end), Math.Min(1, share)));
        }
    }
}
