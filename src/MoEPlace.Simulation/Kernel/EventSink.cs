namespace MoEPlace.Simulation.Kernel;

/// <summary>Takes the events of a run in the total order.</summary>
internal abstract class EventSink
{
    /// <summary>Before the first event.</summary>
    internal abstract void Begin(IReadOnlyList<Actor> actors);

    /// <summary>One event.</summary>
    internal abstract void Take(in EventKey key, int target, Type message);

    /// <summary>After the last event; a run that is cancelled does not come to it.</summary>
    internal abstract void End(bool failed);
}
