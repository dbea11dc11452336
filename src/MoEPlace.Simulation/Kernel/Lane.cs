namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// Runs the events of some partitions one after another. A sequential run is one lane with all partitions; a parallel run has a lane per
/// thread, and the lanes write to each other.
/// </summary>
/// <param name="model">What is run.</param>
/// <param name="index">Which lane this is.</param>
internal sealed class Lane(Model model, int index)
{
    private const int EventsBetweenChecks = 4096;

    private EventKey current;
    private EventKey highest;
    private long events;

    /// <summary>Which lane this is.</summary>
    internal int Index { get; } = index;

    internal EventQueue Queue { get; } = new();

    /// <summary>Where messages to other lanes go, per lane.</summary>
    internal Mailbox[] Outgoing { get; set; } = [];

    /// <summary>The instant of the last event.</summary>
    internal long Now => current.Time;

    /// <summary>Events received here.</summary>
    internal long Events => events;

    /// <summary>What ended this lane; null while it goes on.</summary>
    internal Fault? Fault { get; private set; }

    internal void Tell(Actor source, ActorRef target, object message, long after, int priority)
    {
        ArgumentNullException.ThrowIfNull(message);
        var now = current.Time;
        if ((ulong)after >= (ulong)(SimTime.Never.Picoseconds - now))
            throw new ArgumentOutOfRangeException(nameof(after), after, $"{source.Name} tells something after 0 ps or more");
        var actors = model.Actors;
        if ((uint)target.Id >= (uint)actors.Length)
            throw new InvalidOperationException($"{source.Name} tells actor {target.Id} of {actors.Length}");
        var receiver = actors[target.Id];
        var key = new EventKey(now + after, EventKey.RankOf(priority, source.Address.Id), source.Told++, 0);
        if (receiver.Partition != source.Partition)
            model.Lookaheads.Check(source, receiver, after);
        else if (after == 0)
            highest = Highest();
        if (receiver.Lane == this)
            Queue.Push(key, target.Id, message);
        else
            Outgoing[receiver.Lane!.Index].Add(key, target.Id, message);
    }

    /// <summary>Receives events earlier than <paramref name="end"/>, at most about <paramref name="most"/> of them.</summary>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    internal void Run(long end, long most)
    {
        while (most > 0 && Fault is null && Queue.NextTime < end)
        {
            model.Cancellation.ThrowIfCancellationRequested();
            var some = Math.Min(most, EventsBetweenChecks);
            ReceiveSome(end, (int)some);
            most -= some;
        }
    }

    /// <summary>Takes over what another lane has not yet received.</summary>
    internal void TakeOver(Lane other)
    {
        while (other.Queue.NextTime < SimTime.Never.Picoseconds)
        {
            var key = other.Queue.Pop(out var target, out var message);
            Queue.Push(key, target, message);
        }
    }

    private void ReceiveSome(long end, int most)
    {
        Actor? receiver = null;
        var receiving = false;
        try
        {
            for (; most > 0 && Queue.NextTime < end; most--)
            {
                current = Queue.Pop(out var target, out var message);
                receiver = model.Actors[target];
                events++;
                receiver.Received++;
                receiver.Partition.Log?.Add(current, target, message);
                receiver.Partition.Count(current.Time, model.Limits.EventsAtOneInstant);
                receiving = true;
                receiver.Deliver(message, new ActorRef(current.Source));
                receiving = false;
            }
        }
        catch (Exception e)
        {
            var error = receiving ? new ActorException(receiver!.Name, new SimTime(current.Time), e) : e;
            Fault = new Fault(Highest(), receiver!.Partition, error);
        }
    }

    /// <summary>
    /// The greatest key received at this instant. It tells the order of two lanes at one instant, since the total order takes the lesser of
    /// their next keys each time. Only a message without delay can have a lesser key than one received before it.
    /// </summary>
    private EventKey Highest() => highest.Time == current.Time && EventKey.Before(current, highest) ? highest : current;
}
