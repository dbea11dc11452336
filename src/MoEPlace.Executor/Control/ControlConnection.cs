using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace MoEPlace.Executor.Control;

/// <summary>A client of a control port: what is read of it and told to it, all within limits.</summary>
/// <param name="client">Its socket.</param>
/// <param name="limits">What it may take.</param>
/// <param name="closing">Ends reading.</param>
/// <param name="closed">Ends telling.</param>
internal sealed class ControlConnection(Socket client, ControlLimits limits, CancellationToken closing, CancellationToken closed) : IDisposable
{
    private const int FirstBytes = 4096;
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>Reads as many bytes as these and no more; true when they are the same. It takes as long whichever of them differ.</summary>
    internal async Task<bool> BeginsWithAsync(byte[] head)
    {
        using var limit = Within(limits.Token, closing);
        var came = new byte[head.Length];
        try
        {
            for (var at = 0; at < came.Length;)
            {
                var count = await client.ReceiveAsync(came.AsMemory(at), limit.Token).ConfigureAwait(false);
                if (count == 0)
                    return false;
                at += count;
            }
        }
        catch (OperationCanceledException) when (!closing.IsCancellationRequested)
        {
            return false;
        }
        return CryptographicOperations.FixedTimeEquals(came, head);
    }

    /// <summary>Reads to the end of the line.</summary>
    /// <param name="head">What it began with.</param>
    /// <returns>The whole line without its end; null where none came in time, or too long a one.</returns>
    internal async Task<byte[]?> ReadLineAsync(byte[] head)
    {
        using var limit = Within(limits.Line, closing);
        var line = new byte[FirstBytes];
        head.CopyTo(line, 0);
        try
        {
            for (var length = head.Length; ;)
            {
                if (length == line.Length)
                    Array.Resize(ref line, (int)Math.Min(2L * length, limits.LineBytes + 1L));
                var count = await client.ReceiveAsync(line.AsMemory(length), limit.Token).ConfigureAwait(false);
                var end = line.AsSpan(length, count).IndexOf((byte)'\n');
                if (end >= 0)
                    return length + end <= limits.LineBytes ? line[..(length + end)] : null;
                length += count;
                if (count == 0 || length > limits.LineBytes)
                    return null;
            }
        }
        catch (OperationCanceledException) when (!closing.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Tells a line.</summary>
    /// <exception cref="OperationCanceledException">It was not taken in time.</exception>
    internal async Task TellAsync(ControlReply reply)
    {
        using var limit = Within(limits.Answer, closed);
        ReadOnlyMemory<byte> left = (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(reply, StrictJson.OneLine), (byte)'\n'];
        while (!left.IsEmpty)
            left = left[await client.SendAsync(left, limit.Token).ConfigureAwait(false)..];
    }

    /// <summary>Ends the connection so that what was told arrives: closing over bytes that nobody has read would throw it away.</summary>
    internal async Task EndAsync()
    {
        client.Shutdown(SocketShutdown.Send);
        using var limit = Within(Linger, closed);
        var waste = new byte[FirstBytes];
        while (await client.ReceiveAsync(waste, limit.Token).ConfigureAwait(false) > 0)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static CancellationTokenSource Within(TimeSpan time, CancellationToken cancellation)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(time);
        return limit;
    }
}
