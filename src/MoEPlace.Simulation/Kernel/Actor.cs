namespace MoEPlace.Simulation.Kernel;

/// <summary>State that changes only while a message is received. The kernel alone owns the clock.</summary>
public abstract class Actor
{
    /// <summary>This actor's own address.</summary>
    protected ActorRef Self { get; private set; }

    /// <summary>The instant of the message that is being received.</summary>
    protected SimTime Now => new(Lane?.Now ?? 0);

    /// <summary>Who runs this actor; null before the model runs.</summary>
    internal Lane? Lane { get; set; }

    internal Partition Partition { get; private set; } = null!;

    internal string Name { get; private set; } = "";

    /// <summary>How many messages it has received.</summary>
    internal long Received { get; set; }

    /// <summary>How many messages it has told, modulo 2^32.</summary>
    internal uint Told { get; set; }

    /// <summary>Receives one message. Messages are immutable.</summary>
    /// <param name="message">What was told.</param>
    /// <param name="sender">Who told it; <see cref="ActorRef.Nobody"/> for what a model starts with.</param>
    protected abstract void Receive(object message, ActorRef sender);

    /// <summary>Tells an actor something after a span.</summary>
    /// <param name="target">Who receives it; another partition only after at least the lookahead towards it.</param>
    /// <param name="message">An immutable message.</param>
    /// <param name="after">0 or more.</param>
    /// <param name="priority">Among messages of one instant the lowest goes first.</param>
    /// <exception cref="InvalidOperationException">
    /// The model has not begun, or is broken: another partition is told without a connection or earlier than the lookahead, or nobody is
    /// told.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative or passes the end of the clock.</exception>
    protected void Tell(ActorRef target, object message, SimTime after, int priority = 0)
    {
        if (Lane is not { } lane)
            throw new InvalidOperationException("An actor tells while it receives; what a model starts with is told by ActorSystem.Tell.");
        lane.Tell(this, target, message, after.Picoseconds, priority);
    }

    internal void Deliver(object message, ActorRef sender) => Receive(message, sender);

    internal void Attach(ActorRef self, string name, Partition partition) => (Self, Name, Partition) = (self, name, partition);

    internal ActorRef Address => Self;
}
