namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// A model was stopped: too many events, or too many without time advancing. The message names the actors that were busiest.
/// </summary>
public sealed class StoppedModelException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StoppedModelException(string message)
        : base(message)
    {
    }
}
