namespace MoEPlace.Executor.Training;

/// <summary>One text of a corpus. A token is a byte.</summary>
/// <param name="Name">The name of its file, without the ending.</param>
/// <param name="Bytes">All of it; the last tenth is held out of training.</param>
public sealed record TextDomain(string Name, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Bytes that are trained on, from the beginning.</summary>
    public int TrainedBytes => Bytes.Length - Bytes.Length / 10;

    /// <summary>The rest.</summary>
    public ReadOnlyMemory<byte> HeldOut => Bytes[TrainedBytes..];
}
