namespace MoEPlace.Simulation.Kernel;

/// <summary>State that changes only while a message is received. The kernel alone owns the clock.</summary>
public abstract class Actor
{
    /// <summary>This actor's own address.</summary>
    protected ActorRef Self { get; private set; }

    /// <summary>The instant of the message that is being received.</summary>
    protected SimTime Now => system!.NowOf(Self);

    private ActorSystem? system;

    /// <summary>Receives one message. Messages are immutable.</summary>
    /// <param name="message">What was told.</param>
    /// <param name="sender">Who told it; <see cref="ActorRef.Nobody"/> for what a model starts with.</param>
    protected abstract void Receive(object message, ActorRef sender);

    /// <summary>Tells an actor something after a span.</summary>
    /// <param name="target">Who receives it; another partition only after at least the lookahead towards it.</param>
    /// <param name="message">An immutable message.</param>
    /// <param name="after">0 or more.</param>
    /// <param name="priority">Among messages of one instant the lowest goes first.</param>
    protected void Tell(ActorRef target, object message, SimTime after, int priority = 0) =>
        system!.Tell(Self, target, message, after, priority);

    internal void Deliver(object message, ActorRef sender) => Receive(message, sender);

    internal void Attach(ActorSystem owner, ActorRef self) => (system, Self) = (owner, self);
}
