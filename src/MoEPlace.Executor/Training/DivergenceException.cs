namespace MoEPlace.Executor.Training;

/// <summary>Training cannot go on: its loss or its gradient is not finite. The weights are those of the step before.</summary>
public sealed class DivergenceException : Exception
{
    /// <summary>Without a message.</summary>
    public DivergenceException()
    {
    }

    /// <summary>With what happened.</summary>
    public DivergenceException(string message)
        : base(message)
    {
    }

    /// <summary>With what happened and its cause.</summary>
    public DivergenceException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
