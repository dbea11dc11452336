namespace MoEPlace.Executor.Control;

/// <summary>A job does not take what it is asked for, as it stands now: an apply is under way, or it has ended.</summary>
public sealed class ApplyRefusedException : Exception
{
    /// <summary>Without a message.</summary>
    public ApplyRefusedException()
    {
    }

    /// <summary>With why.</summary>
    public ApplyRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>With why and its cause.</summary>
    public ApplyRefusedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
