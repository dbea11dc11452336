namespace MoEPlace.Simulation.Kernel;

/// <summary>Actors that are never run at once, and how many events passed at their present instant.</summary>
internal sealed class Partition(int number)
{
    private long instant = -1;
    private long events;
    private long[] receivedBefore = [];

    internal int Number { get; } = number;

    internal List<Actor> Actors { get; } = [];

    /// <summary>Where its events are recorded; null without a recording.</summary>
    internal EventLog? Log { get; set; }

    /// <summary>Counts an event.</summary>
    /// <exception cref="StoppedModelException">More than <paramref name="most"/> passed at one instant.</exception>
    internal void Count(long time, long most)
    {
        if (time != instant)
            (instant, events) = (time, 0);
        if (++events >= most / 2)
            Tally(most);
    }

    /// <summary>From half the limit on it is known who was busy since.</summary>
    private void Tally(long most)
    {
        var before = Math.Max(1, most / 2);
        if (events == before)
            receivedBefore = [.. Actors.Select(actor => actor.Received)];
        if (events <= most)
            return;
        var busiest = Busiest.Of(Actors.Select((actor, i) => (actor, actor.Received - receivedBefore[i])));
        throw new StoppedModelException(
            $"more than {most} events at the instant of {instant} ps; of the last {events - before}: {busiest}");
    }
}
