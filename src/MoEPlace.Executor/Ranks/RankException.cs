namespace MoEPlace.Executor.Ranks;

/// <summary>The ranks of a job cannot go on together: one did not come, failed or died.</summary>
public sealed class RankException : Exception
{
    /// <summary>Without a message.</summary>
    public RankException()
    {
    }

    /// <summary>With what happened.</summary>
    public RankException(string message)
        : base(message)
    {
    }

    /// <summary>With what happened and its cause.</summary>
    public RankException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>True when this rank is sound and another is not: whoever looks for the cause looks there.</summary>
    public bool OfAnother { get; init; }
}
