using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MoEPlace.Service.Tests.Api;

/// <summary>A connection of bytes, opened anew when the other side closes it.</summary>
internal sealed class RawConnection(Uri address) : IDisposable
{
    private const int LongestMilliseconds = 20_000;
    private readonly byte[] buffer = new byte[64 * 1024];
    private Socket? socket;
    private int at;
    private int length;

    public void Dispose() => socket?.Dispose();

    /// <summary>Sends a whole request and reads the answer; the connection is kept where that is allowed.</summary>
    /// <returns>The status; 0 where the connection was closed instead.</returns>
    /// <exception cref="SocketException">Nothing came for 20 s.</exception>
    public int Ask(byte[] request, bool withoutBody)
    {
        for (var again = socket is not null; ; again = false)
        {
            Open();
            try
            {
                Send(request);
                var status = ReadAnswer(withoutBody);
                if (status > 0 || !again)
                    return status;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                Close();
                if (!again)
                    return 0;
            }
            // Kept too long: once more on a fresh one.
        }
    }

    /// <summary>Sends bytes and no more, and reads until the other side closes.</summary>
    /// <returns>All that came.</returns>
    public string AskAndEnd(byte[] request)
    {
        Close();
        Open();
        var text = new StringBuilder();
        try
        {
            Send(request);
            socket!.Shutdown(SocketShutdown.Send);
            while (Fill())
            {
                text.Append(Encoding.Latin1.GetString(buffer, at, length - at));
                at = length;
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // Closed before all was read.
        }
        Close();
        return text.ToString();
    }

    private void Open()
    {
        if (socket is not null)
            return;
        socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = LongestMilliseconds, SendTimeout = LongestMilliseconds };
        socket.Connect(address.Host, address.Port);
        at = length = 0;
    }

    private void Close()
    {
        socket?.Dispose();
        socket = null;
    }

    private void Send(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += socket!.Send(bytes.AsSpan(sent));
    }

    private int ReadAnswer(bool withoutBody)
    {
        if (ReadLine() is not { } first)
        {
            Close();
            return 0;
        }
        var status = int.Parse(first.AsSpan(9, 3), CultureInfo.InvariantCulture);
        var (bytes, chunked, ends) = (0L, false, false);
        while (ReadLine() is { Length: > 0 } line)
        {
            var (name, value) = (line.Split(':')[0].ToLowerInvariant(), line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (name == "content-length")
                bytes = long.Parse(value, CultureInfo.InvariantCulture);
            chunked |= name == "transfer-encoding";
            ends |= name == "connection" && value == "close" || name == "content-type" && value == "text/event-stream";
        }
        // A stream without an end is left, as is what has no length.
        if (ends || chunked)
            Close();
        else if (!withoutBody)
            Skip(bytes);
        return status;
    }

    private void Skip(long bytes)
    {
        while (bytes > 0 && (at < length || Fill()))
        {
            var taken = (int)Math.Min(bytes, length - at);
            (at, bytes) = (at + taken, bytes - taken);
        }
    }

    private string? ReadLine()
    {
        var line = new StringBuilder();
        while (at < length || Fill())
        {
            var c = (char)buffer[at++];
            if (c == '\n')
                return line.ToString();
            if (c != '\r')
                line.Append(c);
        }
        return null;
    }

    private bool Fill()
    {
        (at, length) = (0, socket!.Receive(buffer));
        return length > 0;
    }
}
