namespace MoEPlace.Service.Jobs;

/// <summary>The job does not take it as it stands.</summary>
public sealed class ConflictException : Exception
{
    /// <summary>Without a message.</summary>
    public ConflictException()
    {
    }

    /// <summary>With which, or why.</summary>
    public ConflictException(string message)
        : base(message)
    {
    }

    /// <summary>With which, or why, and its cause.</summary>
    public ConflictException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
