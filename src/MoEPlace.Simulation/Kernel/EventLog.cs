namespace MoEPlace.Simulation.Kernel;

/// <summary>The events of some partitions in the order in which they were received: kept, or handed on at once.</summary>
/// <param name="sink">Where they go at once; null to keep them.</param>
internal sealed class EventLog(EventSink? sink)
{
    private readonly List<(EventKey Key, Type Message)> events = [];

    internal void Add(in EventKey key, int target, object message)
    {
        if (sink is not null)
            sink.Take(key, target, message.GetType());
        else
            events.Add((key with { Slot = target }, message.GetType()));
    }

    /// <summary>
    /// Merges what several logs kept into the total order: as in a sequential run, the least of the events that come next in each log
    /// goes first.
    /// </summary>
    /// <param name="logs">Of disjoint partitions.</param>
    /// <param name="failed">Stop after the last event of this one; null for all.</param>
    /// <param name="sink">Takes them.</param>
    internal static void Deliver(EventLog[] logs, EventLog? failed, EventSink sink)
    {
        var next = new int[logs.Length];
        while (true)
        {
            var least = -1;
            for (var i = 0; i < logs.Length; i++)
            {
                if (next[i] < logs[i].events.Count
                    && (least < 0 || EventKey.Before(logs[i].events[next[i]].Key, logs[least].events[next[least]].Key)))
                    least = i;
            }
            if (least < 0)
                return;
            var (key, message) = logs[least].events[next[least]++];
            sink.Take(key, key.Slot, message);
            if (logs[least] == failed && next[least] == failed.events.Count)
                return;
        }
    }
}
