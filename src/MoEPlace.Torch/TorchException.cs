namespace MoEPlace.Torch;

/// <summary>libtorch refused or failed; the message is libtorch's own.</summary>
public sealed class TorchException : Exception
{
    /// <summary>Without a message.</summary>
    public TorchException()
    {
    }

    /// <summary>With libtorch's message.</summary>
    public TorchException(string message)
        : base(message)
    {
    }

    /// <summary>With a cause.</summary>
    public TorchException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
