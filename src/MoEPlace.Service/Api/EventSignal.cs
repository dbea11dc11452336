namespace MoEPlace.Service.Api;

/// <summary>Wakes whoever follows events; what they are is read from the record, so that nothing piles up for slow readers.</summary>
internal sealed class EventSignal
{
    private TaskCompletionSource next = Fresh();

    /// <summary>Completed with the next event; to be taken before the record is read.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>Tells of an event.</summary>
    public void Tell() => Interlocked.Exchange(ref next, Fresh()).TrySetResult();

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
