using System.Net;
using System.Net.Sockets;

namespace MoEPlace.Service.Tests.State;

/// <summary>A wire to a port of this machine that breaks, when asked to, at the next message to the server that contains certain bytes.</summary>
internal sealed class CutWire : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int port;
    private readonly byte[] mark;
    private volatile bool armed;
    private bool arrives;
    private bool forGood;

    public CutWire(int port, byte[] mark)
    {
        this.port = port;
        this.mark = mark;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>How often it broke.</summary>
    public int Cuts { get; private set; }

    /// <summary>Breaks at the next such message.</summary>
    /// <param name="arrives">Whether the message still reaches the server, so that only its answer is lost.</param>
    /// <param name="forGood">Whether no wire can be had after it.</param>
    public void CutNext(bool arrives, bool forGood = false)
    {
        this.arrives = arrives;
        this.forGood = forGood;
        armed = true;
    }

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var client = await listener.AcceptTcpClientAsync();
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, port);
                _ = PassAsync(client, server, toServer: true);
                _ = PassAsync(server, client, toServer: false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, bool toServer)
    {
        var buffer = new byte[1 << 16];
        try
        {
            var (reader, writer) = (from.GetStream(), to.GetStream());
            for (int read; (read = await reader.ReadAsync(buffer)) > 0;)
            {
                if (toServer && armed && buffer.AsSpan(0, read).IndexOf(mark) >= 0)
                {
                    armed = false;
                    Cuts++;
                    if (forGood)
                        listener.Stop();
                    if (arrives)
                        await writer.WriteAsync(buffer.AsMemory(0, read));
                    break;
                }
                await writer.WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The other direction ended it.
        }
        from.Dispose();
        to.Dispose();
    }
}
