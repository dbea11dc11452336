namespace MoEPlace.Simulation.Kernel;

/// <summary>A run differs from the recording that it is compared with: the model changed, or something in it is not determined.</summary>
public sealed class ReplayException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="index">How many events were the same before.</param>
    /// <param name="message">What was recorded and what was received.</param>
    public ReplayException(long index, string message)
        : base(message) => Index = index;

    /// <summary>How many events were the same before.</summary>
    public long Index { get; }
}
