namespace MoEPlace.Simulation.Kernel;

/// <summary>Compares a run with a recording.</summary>
internal sealed class RecordingComparison(Recording recording) : EventSink
{
    private int next;

    internal override void Begin(IReadOnlyList<Actor> actors)
    {
        if (!recording.Actors.SequenceEqual(actors.Select(actor => actor.Name)))
            throw new ReplayException(0, $"the recording is of {recording.Actors.Length} other actors, not of these {actors.Count}");
    }

    internal override void Take(in EventKey key, int target, Type message)
    {
        var received = new RecordedEvent(
            new SimTime(key.Time), key.Priority, new ActorRef(key.Source), key.Sequence, new ActorRef(target), message.Name);
        if (next >= recording.Events.Length)
            throw new ReplayException(next, $"event {next}: recorded the end, received {recording.Describe(received)}");
        if (received != recording.Events[next])
        {
            throw new ReplayException(
                next, $"event {next}: recorded {recording.Describe(recording.Events[next])}, received {recording.Describe(received)}");
        }
        next++;
    }

    internal override void End(bool failed)
    {
        if (!failed && next < recording.Events.Length)
            throw new ReplayException(next, $"event {next}: recorded {recording.Describe(recording.Events[next])}, received the end");
    }
}
