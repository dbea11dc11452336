using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;

namespace MoEPlace.Executor.Tests.Control;

/// <summary>A control port over a desk that a test drives, and raw lines to it.</summary>
internal sealed class PortCase : IDisposable
{
    private readonly TempFolder folder = new();

    internal PortCase(ControlLimits? limits = null)
    {
        Port = ControlPort.Open(Path, Desk, Current, limits ?? new ControlLimits());
        File = ControlFile.Read(Path);
    }

    /// <summary>Two layers of four experts on two ranks.</summary>
    internal static ExpertPlacement Current { get; } = Map([[[0, 1], [2, 3]], [[0, 1], [2, 3]]]);

    internal static ExpertPlacement Target { get; } = Map([[[0, 2], [1, 3]], [[3, 1], [2, 0, 1]]]);

    internal static ApplyStatus Done { get; } = new(ApplyState.Done, 2, 7, 2, 2, 100, 100);

    internal ApplyDesk Desk { get; } = new();

    internal ControlPort Port { get; }

    internal ControlFile File { get; }

    internal string Path => System.IO.Path.Combine(folder.Path, "job");

    internal ControlClient Client => new(Path);

    internal static ExpertPlacement Map(int[][][] slots, int experts = 4) => new(
        "tiny", 2, [0, 1], experts, 1, slots[0].Length,
        [.. slots.Select(layer => (ImmutableArray<ImmutableArray<int>>)[.. layer.Select(rank => rank.ToImmutableArray())])],
        new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0"));

    /// <summary>A whole line that asks for a placement.</summary>
    internal string ApplyLine(string? token = null) =>
        $"{{\"token\":\"{token ?? File.Token}\",\"ask\":\"apply\",\"placement\":{ExpertPlacementFile.ToJson(Target)},\"bytesPerStep\":10}}\n";

    internal string Line(string ask) => $"{{\"token\":\"{File.Token}\",\"ask\":\"{ask}\"}}\n";

    internal Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        socket.Connect(IPAddress.Loopback, File.Port);
        return socket;
    }

    /// <summary>All that a port answers to some bytes, to the end of the connection.</summary>
    internal string Answer(byte[] bytes, bool ends = true)
    {
        using var socket = Connect();
        return Answer(socket, bytes, ends);
    }

    internal string Answer(string text, bool ends = true) => Answer(Encoding.UTF8.GetBytes(text), ends);

    internal static string Answer(Socket socket, byte[] bytes, bool ends = true)
    {
        try
        {
            for (var at = 0; at < bytes.Length;)
                at += socket.Send(bytes.AsSpan(at));
            if (ends)
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // The port has heard enough.
        }
        var (all, part) = (new List<byte>(), new byte[4096]);
        while (socket.Receive(part) is > 0 and var count)
            all.AddRange(part.AsSpan(0, count));
        return Encoding.UTF8.GetString([.. all]);
    }

    /// <summary>What the job is asked for, as its step loop would take it.</summary>
    internal ApplyRequest Take()
    {
        for (var i = 0; i < 2_000; i++)
        {
            if (Desk.Take() is { } taken)
                return taken;
            Thread.Sleep(5);
        }
        throw new TimeoutException("nothing was asked for");
    }

    public void Dispose()
    {
        Port.Dispose();
        folder.Dispose();
    }
}
