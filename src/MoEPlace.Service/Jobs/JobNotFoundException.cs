namespace MoEPlace.Service.Jobs;

/// <summary>No such job.</summary>
public sealed class JobNotFoundException : Exception
{
    /// <summary>Without a message.</summary>
    public JobNotFoundException()
    {
    }

    /// <summary>With which, or why.</summary>
    public JobNotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>With which, or why, and its cause.</summary>
    public JobNotFoundException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
