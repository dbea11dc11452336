namespace MoEPlace.Service.Client;

/// <summary>The service refuses what is asked, and would again.</summary>
public sealed class ServiceRefusedException : IOException
{
    /// <summary>Without a message.</summary>
    public ServiceRefusedException()
    {
    }

    /// <summary>With its answer.</summary>
    public ServiceRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>With its answer, and the cause.</summary>
    public ServiceRefusedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
