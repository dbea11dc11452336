namespace MoEPlace.Service.State;

/// <summary>Another instance leads by now: nothing was written.</summary>
public sealed class LeadershipLostException : Exception
{
    /// <summary>Without a message.</summary>
    public LeadershipLostException()
    {
    }

    /// <summary>With who leads.</summary>
    public LeadershipLostException(string message)
        : base(message)
    {
    }

    /// <summary>With who leads and its cause.</summary>
    public LeadershipLostException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
