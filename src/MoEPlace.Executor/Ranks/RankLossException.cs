namespace MoEPlace.Executor.Ranks;

/// <summary>The ranks of a job cannot go on together: one did not come, failed or died.</summary>
public sealed class RankLossException : Exception
{
    /// <summary>Without a message.</summary>
    public RankLossException()
    {
    }

    /// <summary>With what happened.</summary>
    public RankLossException(string message)
        : base(message)
    {
    }

    /// <summary>With what happened and its cause.</summary>
    public RankLossException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>True when this rank is sound and another is not: whoever looks for the cause looks there.</summary>
    public bool OfAnother { get; init; }
}
