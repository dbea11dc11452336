namespace MoEPlace.Simulation.Kernel;

/// <summary>An actor threw while it received a message: the first to do so in the total order, at any number of threads.</summary>
public sealed class ActorException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="actor">The actor's name.</param>
    /// <param name="time">The instant of the message.</param>
    /// <param name="inner">What it threw.</param>
    public ActorException(string actor, SimTime time, Exception inner)
        : base($"actor {actor} at {time.Picoseconds} ps: {inner.Message}", inner) => (Actor, Time) = (actor, time);

    /// <summary>The actor's name.</summary>
    public string Actor { get; }

    /// <summary>The instant of the message.</summary>
    public SimTime Time { get; }
}
