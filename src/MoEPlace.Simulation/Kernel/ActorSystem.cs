namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// Actors in virtual time. Messages are received in one total order, the least (time, priority, source, sequence) of those pending first,
/// at any number of threads: the sequential run is the oracle of the parallel one.
/// </summary>
public sealed class ActorSystem
{
    private const int RecordingBuffer = 1 << 16;

    private readonly SimulationLimits limits;
    private readonly long seed;
    private readonly List<Actor> actors = [];
    private readonly SortedDictionary<int, Partition> partitions = [];
    private readonly Lookaheads lookaheads = new();
    private readonly List<(EventKey Key, int Target, object Message)> start = [];
    private uint told;
    private EventSink? sink;
    private SimTime end;
    private bool running;

    /// <summary>Makes a system without actors.</summary>
    /// <param name="limits">When to stop a model that does not end; null for the defaults.</param>
    /// <param name="seed">Of the random streams that <see cref="Random"/> gives.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is under 1.</exception>
    public ActorSystem(SimulationLimits? limits = null, long seed = 1)
    {
        (this.limits, this.seed) = (limits ?? new SimulationLimits(), seed);
        ArgumentOutOfRangeException.ThrowIfLessThan(this.limits.Events, 1, nameof(limits));
        ArgumentOutOfRangeException.ThrowIfLessThan(this.limits.EventsAtOneInstant, 1, nameof(limits));
    }

    /// <summary>Makes an actor.</summary>
    /// <returns>Its address: actors are numbered in the order in which they are made.</returns>
    /// <exception cref="ArgumentException">The partition is negative, or the actor was made before.</exception>
    /// <exception cref="InvalidOperationException">The model runs.</exception>
    public ActorRef ActorOf(Props actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        ArgumentOutOfRangeException.ThrowIfNegative(actor.Partition, nameof(actor));
        ThrowIfRunning();
        var made = actor.Make();
        if (made.Partition is not null)
            throw new ArgumentException($"{actor.Name}: its Make returned an actor that is {made.Name} already", nameof(actor));
        if (!partitions.TryGetValue(actor.Partition, out var partition))
            partitions.Add(actor.Partition, partition = new Partition(actor.Partition));
        var reference = new ActorRef(actors.Count);
        made.Attach(reference, actor.Name, partition);
        partition.Actors.Add(made);
        actors.Add(made);
        return reference;
    }

    /// <summary>
    /// Says that messages between two partitions, in either direction, take at least <paramref name="lookahead"/>; of several for one
    /// pair the least counts. Partitions that are not connected cannot tell each other anything.
    /// </summary>
    /// <param name="partition">0 or more.</param>
    /// <param name="other">0 or more; within one partition any delay is allowed without.</param>
    /// <param name="lookahead">1 ps or more. The longer, the further partitions run at once.</param>
    public void Connect(int partition, int other, SimTime lookahead)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfNegative(other);
        ArgumentOutOfRangeException.ThrowIfLessThan(lookahead.Picoseconds, 1, nameof(lookahead));
        ThrowIfRunning();
        lookaheads.Connect(partition, other, lookahead.Picoseconds);
    }

    /// <summary>
    /// The random stream of a subsystem under this system's seed, from its beginning. A draw more from one changes nothing in another, so
    /// an actor takes its own when it is made: <c>new Props("source", () => new Source(system.Random("arrivals", index)))</c>.
    /// </summary>
    /// <param name="subsystem">A fixed name.</param>
    /// <param name="index">Tells several of one subsystem apart.</param>
    public SeedStream Random(string subsystem, long index = 0) => new(seed, subsystem, index);

    /// <summary>Tells an actor something that the model starts with.</summary>
    /// <param name="target">Who receives it.</param>
    /// <param name="message">An immutable message.</param>
    /// <param name="at">When, not before the end of an earlier run.</param>
    /// <param name="priority">Among messages of one instant the lowest goes first.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such actor or instant.</exception>
    /// <exception cref="InvalidOperationException">The model runs.</exception>
    public void Tell(ActorRef target, object message, SimTime at, int priority = 0)
    {
        ArgumentNullException.ThrowIfNull(message);
        if ((uint)target.Id >= (uint)actors.Count)
            throw new ArgumentOutOfRangeException(nameof(target), target.Id, $"one of {actors.Count} actors");
        if (at < end || at >= SimTime.Never)
            throw new ArgumentOutOfRangeException(nameof(at), at.Picoseconds, $"{end.Picoseconds} ps or later, within the clock");
        ThrowIfRunning();
        start.Add((new EventKey(at.Picoseconds, EventKey.RankOf(priority, ActorRef.Nobody.Id), told++, 0), target.Id, message));
    }

    /// <summary>
    /// Records the next run: every message received, in the total order. A parallel run holds them in memory, some 40 bytes each, until
    /// its end. The recording of a run that fails ends with the message that failed.
    /// </summary>
    /// <param name="output">Receives the bytes of <see cref="Recording"/> and stays open.</param>
    public void Record(Stream output)
    {
        ThrowIfRunning();
        sink = new RecordingWriter(new BinaryWriter(new BufferedStream(output, RecordingBuffer)));
    }

    /// <summary>Compares the next run with a recording: it fails at the first message that differs.</summary>
    /// <param name="recording">Of an earlier run of this model.</param>
    public void Replay(Recording recording)
    {
        ArgumentNullException.ThrowIfNull(recording);
        ThrowIfRunning();
        sink = new RecordingComparison(recording);
    }

    /// <summary>Runs until no message is left.</summary>
    /// <param name="threads">1 is the sequential run; more run partitions at once, to the same end.</param>
    /// <param name="cancellation">Stops between messages.</param>
    /// <returns>Messages received, and the instant of the last.</returns>
    /// <exception cref="ActorException">An actor threw.</exception>
    /// <exception cref="StoppedModelException">A limit was passed.</exception>
    /// <exception cref="ReplayException">The run differs from the recording that it is compared with.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The model runs, or a run of it failed before.</exception>
    public (long Events, SimTime End) Run(int threads = 1, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ThrowIfRunning();
        running = true;
        var model = new Model([.. actors], [.. partitions.Values], lookaheads, limits, cancellation);
        sink?.Begin(model.Actors);
        var (events, last) = new ModelRun(model, sink).Run(start, threads);
        end = SimTime.Max(end, new SimTime(last));
        start.Clear();
        (running, sink) = (false, null);
        return (events, end);
    }

    private void ThrowIfRunning()
    {
        if (running)
            throw new InvalidOperationException("The model runs, or has failed.");
    }
}
