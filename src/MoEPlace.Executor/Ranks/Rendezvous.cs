using System.Net;
using System.Net.Sockets;
using MoEPlace.Torch;
using MoEPlace.Torch.Distributed;

namespace MoEPlace.Executor.Ranks;

/// <summary>How processes become a group: they meet at a store, and whoever does not come is named.</summary>
public static class Rendezvous
{
    /// <summary>How long a collective may wait for a rank that is busy.</summary>
    private static readonly TimeSpan CollectiveTimeout = TimeSpan.FromMinutes(30);

    /// <summary>c10d counts the seconds of a connection whole.</summary>
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Serves a store.</summary>
    /// <param name="host">The address by which this process reaches it; it is served on all addresses of this machine.</param>
    /// <param name="port">0 for any that is free.</param>
    /// <param name="option">The option, or variable, that named the port.</param>
    /// <exception cref="InputException">The port is in use.</exception>
    public static TcpStore Serve(string host, int port, string option)
    {
        try
        {
            // Tried first, because c10d writes to standard error when it fails.
            if (port != 0)
                using (var trial = new TcpListener(IPAddress.Any, port))
                    trial.Start();
            return TcpStore.Serve(host, port, CollectiveTimeout);
        }
        catch (Exception e) when (e is TorchException or SocketException)
        {
            throw new InputException("rendezvous", option, port, $"a port that is free ({Reason(e)})");
        }
    }

    /// <summary>Joins the ranks of this environment; returns when all have come.</summary>
    /// <param name="environment">Who this rank is.</param>
    /// <param name="device">Where the tensors live that it will exchange.</param>
    /// <param name="timeout">How long to wait for the others.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="InputException">This rank serves the store and the port is in use.</exception>
    /// <exception cref="RankLossException">Nobody serves the store, a rank did not come, or there are two of one number.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before all had come.</exception>
    public static ProcessRanks Join(RankEnvironment environment, TorchDevice device, TimeSpan timeout, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var (host, port, rank) = (environment.Host, environment.Port, environment.Rank);
        var address = environment.Size == environment.LocalSize ? "127.0.0.1" : OwnAddress(host, port);
        TcpStore? store = null;
        try
        {
            store = environment.ServesStore ? Serve(host, port, "MASTER_PORT") : Connect(host, port, timeout, cancellation);
            var mine = JoinedKey(environment.Attempt, rank);
            if (store.Has(mine))
                throw new RankLossException($"rank {rank} has joined already at {host}:{port}: two processes are RANK={rank}");
            store.Set(mine, [1]);
            Await(store, environment.Attempt, environment.Size, timeout, cancellation);
            cancellation.ThrowIfCancellationRequested();
            return new ProcessRanks(
                store, Group("ranks", device.IsCuda), device, number => Group(FormattableString.Invariant($"channel/{number}"), nccl: false));

            ProcessGroup Group(string name, bool nccl) => new(
                store, rank, environment.Size, CollectiveTimeout, address, nccl,
                FormattableString.Invariant($"moeplace/{environment.Attempt}/{name}"));
        }
        catch (TorchException e)
        {
            store?.Dispose();
            throw new RankLossException($"rank {rank} cannot join the others at {host}:{port}: {Reason(e)}", e);
        }
        catch
        {
            store?.Dispose();
            throw;
        }
    }

    /// <summary>Waits until all ranks have joined.</summary>
    /// <param name="store">Where they meet.</param>
    /// <param name="attempt">Of the launcher.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="RankLossException">Some did not come; they are named.</exception>
    internal static void Await(TcpStore store, int attempt, int size, TimeSpan timeout, CancellationToken stop = default)
    {
        var until = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        var absent = Enumerable.Range(0, size).ToList();
        while (!stop.IsCancellationRequested)
        {
            absent.RemoveAll(rank => store.Has(JoinedKey(attempt, rank)));
            if (absent.Count == 0)
                return;
            if (Environment.TickCount64 >= until)
                throw new RankLossException(FormattableString.Invariant(
                    $"rank {string.Join(", ", absent)} did not join within {timeout.TotalSeconds} s"));
            stop.WaitHandle.WaitOne(Pause);
        }
    }

    /// <summary>Knocks until somebody serves, because c10d itself could not be told to stop; then connects.</summary>
    private static TcpStore Connect(string host, int port, TimeSpan timeout, CancellationToken cancellation)
    {
        var until = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                using (var knock = new TcpClient())
                    knock.Connect(host, port);
                return TcpStore.Connect(host, port, timeout < LeastTimeout ? LeastTimeout : timeout);
            }
            catch (Exception e) when (e is SocketException or TorchException)
            {
                if (Environment.TickCount64 >= until)
                    throw new RankLossException(FormattableString.Invariant(
                        $"nobody served the rendezvous at {host}:{port} within {timeout.TotalSeconds} s ({Reason(e)})"), e);
                cancellation.WaitHandle.WaitOne(Pause);
            }
        }
    }

    /// <summary>The address of this machine that faces the others.</summary>
    private static string OwnAddress(string host, int port)
    {
        try
        {
            // Connecting a datagram socket sends nothing, but binds it to the address that the way to the host begins at.
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(host, port);
            var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }
        catch (SocketException e)
        {
            throw new RankLossException($"the host of the rendezvous, {host}, cannot be reached: {e.Message}", e);
        }
    }

    private static string JoinedKey(int attempt, int rank) => FormattableString.Invariant($"moeplace/{attempt}/joined/{rank}");

    private static string Reason(Exception e) => e.Message.Split('\n')[0];
}
