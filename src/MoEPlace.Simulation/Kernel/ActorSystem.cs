namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// Actors in virtual time. Messages are received in one total order, (time, priority, source, sequence), at any number of threads.
/// </summary>
public sealed class ActorSystem
{
    private readonly SimulationLimits limits;
    private readonly List<Props> props = [];
    private readonly List<Actor> actors = [];
    private readonly List<long> sent = [0];
    private readonly PriorityQueue<(ActorRef Target, object Message), (long Time, int Priority, int Source, long Sequence)> queue = new();
    private readonly Dictionary<(int, int), SimTime> lookaheads = [];
    private SimTime now;

    /// <summary>Makes a system without actors.</summary>
    /// <param name="limits">When to stop a model that does not end; null for the defaults.</param>
    public ActorSystem(SimulationLimits? limits = null) => this.limits = limits ?? new SimulationLimits();

    /// <summary>Makes an actor.</summary>
    public ActorRef ActorOf(Props actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        var reference = new ActorRef(actors.Count);
        var made = actor.Make();
        made.Attach(this, reference);
        (_, _) = (props.Count, actors.Count);
        props.Add(actor);
        actors.Add(made);
        sent.Add(0);
        return reference;
    }

    /// <summary>Says that messages between two partitions, in either direction, take at least <paramref name="lookahead"/>.</summary>
    public void Connect(int partition, int other, SimTime lookahead) => lookaheads[(partition, other)] = lookahead;

    /// <summary>Tells an actor something that the model starts with.</summary>
    public void Tell(ActorRef target, object message, SimTime at, int priority = 0) => Push(ActorRef.Nobody, target, message, at, priority);

    /// <summary>Runs until no message is left.</summary>
    /// <param name="threads">1 is the sequential run; more run partitions at once, to the same end.</param>
    /// <param name="cancellation">Stops between messages.</param>
    /// <returns>Messages received, and the instant of the last.</returns>
    public (long Events, SimTime End) Run(int threads = 1, CancellationToken cancellation = default)
    {
        long events = 0;
        while (queue.TryDequeue(out var next, out var key))
        {
            cancellation.ThrowIfCancellationRequested();
            if (++events > limits.Events)
                throw new StoppedModelException($"more than {limits.Events} events");
            now = new SimTime(key.Time);
            actors[next.Target.Id].Deliver(next.Message, new ActorRef(key.Source));
        }
        return (events, now);
    }

    internal SimTime NowOf(ActorRef actor) => now;

    internal void Tell(ActorRef source, ActorRef target, object message, SimTime after, int priority) =>
        Push(source, target, message, now + after, priority);

    private void Push(ActorRef source, ActorRef target, object message, SimTime at, int priority) =>
        queue.Enqueue((target, message), (at.Picoseconds, priority, source.Id, sent[source.Id + 1]++));
}
