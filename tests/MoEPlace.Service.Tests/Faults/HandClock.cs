namespace MoEPlace.Service.Tests.Faults;

/// <summary>A clock that begins at the time of day and is set forward by hand; its timers go off whenever it is.</summary>
internal sealed class HandClock : TimeProvider
{
    private readonly List<(TimerCallback Due, object? State)> timers = [];
    private TimeSpan passed;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + passed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        timers.Add((callback, state));
        return new HandTimer();
    }

    /// <summary>Time passes.</summary>
    public void Pass(TimeSpan time)
    {
        passed += time;
        foreach (var (due, state) in timers)
            due(state);
    }

    private sealed class HandTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
