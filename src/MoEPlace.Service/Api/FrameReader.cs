using System.Buffers;
using System.Globalization;

namespace MoEPlace.Service.Api;

/// <summary>Reads frames from a stream into memory that grows with what has come, not with what is announced.</summary>
/// <param name="body">The stream.</param>
/// <param name="mostBytes">Bytes of a part at most.</param>
internal sealed class FrameReader(Stream body, long mostBytes) : IDisposable
{
    private const int FirstBytes = 64 * 1024;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int length;

    /// <summary>What was read last.</summary>
    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Reads the first part of a frame; false where the stream ends instead.</summary>
    /// <exception cref="InputException">It ends within the part.</exception>
    public async Task<bool> BeginAsync(int bytes, CancellationToken cancellation)
    {
        length = await body.ReadAtLeastAsync(buffer.AsMemory(0, bytes), bytes, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return length == bytes || (length == 0 ? false : throw Cut(bytes));
    }

    /// <summary>Reads another part.</summary>
    /// <exception cref="InputException">It is too long, or the stream ends within it.</exception>
    public async Task ReadAsync(int bytes, CancellationToken cancellation)
    {
        if (bytes > mostBytes)
            throw new InputException(
                "rows", "frame", bytes, string.Create(CultureInfo.InvariantCulture, $"at most {mostBytes} bytes: send fewer rows at a time"));
        length = 0;
        while (length < bytes)
        {
            if (length == buffer.Length)
                Grow();
            var read = await body.ReadAsync(buffer.AsMemory(length, Math.Min(buffer.Length, bytes) - length), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw Cut(bytes);
            length += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private InputException Cut(int bytes) => new("rows", "frame", length, $"{bytes} bytes, as its head says");

    private void Grow()
    {
        var greater = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(greater);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = greater;
    }
}
