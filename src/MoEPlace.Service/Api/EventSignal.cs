using MoEPlace.Service.State;

namespace MoEPlace.Service.Api;

/// <summary>Wakes whoever follows events; what they are is read from the record, so that nothing piles up for slow readers.</summary>
internal sealed class EventSignal
{
    private readonly Lock gate = new();
    private TaskCompletionSource next = Fresh();
    private long? first;
    private long? latest;

    /// <summary>The sequence number of the first event that was told; null before any.</summary>
    public long? First
    {
        get
        {
            lock (gate)
                return first;
        }
    }

    /// <summary>The greatest sequence number that was told; null before any.</summary>
    public long? Latest
    {
        get
        {
            lock (gate)
                return latest;
        }
    }

    /// <summary>Completed with the next event; to be taken before the record is read.</summary>
    public Task Next
    {
        get
        {
            lock (gate)
                return next.Task;
        }
    }

    /// <summary>Tells of an event.</summary>
    public void Tell(ServiceEvent e)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            first = Math.Min(first ?? e.Sequence, e.Sequence);
            latest = Math.Max(latest ?? e.Sequence, e.Sequence);
            (waiting, next) = (next, Fresh());
        }
        waiting.SetResult();
    }

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
