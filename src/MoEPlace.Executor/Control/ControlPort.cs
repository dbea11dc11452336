using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using MoEPlace.Executor.Applying;

namespace MoEPlace.Executor.Control;

/// <summary>
/// Where a running job is asked for placements: a port on the loopback address, for who can read the token in the folder of the job. Requests
/// and answers are JSON, an object per line (<see cref="ControlRequest"/>, <see cref="ControlReply"/>). Nothing that a client does or leaves
/// undone holds the job.
/// </summary>
public sealed class ControlPort : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly TcpListener listener;
    private readonly ControlFile file;
    private readonly string folder;
    private readonly ControlLimits limits;
    private readonly ControlService service;
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationTokenSource closed = new();
    private readonly Task accepting;

    private ControlPort(TcpListener listener, string folder, ApplyDesk desk, ExpertPlacement placement, ControlLimits limits)
    {
        (this.listener, this.folder, this.limits) = (listener, folder, limits);
        file = new ControlFile(
            ControlFile.FormatName, ((IPEndPoint)listener.LocalEndpoint).Port,
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ControlFile.TokenBytes)), Environment.ProcessId);
        service = new ControlService(desk, placement, file.Token, limits, closing.Token, closed.Token);
        file.Write(folder);
        accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Listens, and says where in <see cref="ControlFile"/>.</summary>
    /// <param name="folder">The folder of the job; made when it is missing.</param>
    /// <param name="desk">Where requests are taken to.</param>
    /// <param name="placement">One that the job runs with: what is asked for must be of its model and ranks.</param>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    /// <exception cref="IOException">There is no port left.</exception>
    public static ControlPort Open(string folder, ApplyDesk desk, ExpertPlacement placement) => Open(folder, desk, placement, new ControlLimits());

    /// <inheritdoc cref="Open(string, ApplyDesk, ExpertPlacement)"/>
    internal static ControlPort Open(string folder, ApplyDesk desk, ExpertPlacement placement, ControlLimits limits)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(desk);
        ArgumentNullException.ThrowIfNull(placement);
        var listener = new TcpListener(IPAddress.Loopback, 0);
        try
        {
            listener.Start(limits.Connections);
            return new ControlPort(listener, folder, desk, placement, limits);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new IOException($"no control port: {e.Message}", e);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Removes the control file, tells who still listens what there is to tell, and closes.</summary>
    public void Dispose()
    {
        if (closing.IsCancellationRequested)
            return;
        file.Remove(folder);
        closing.Cancel();
        closed.CancelAfter(limits.Farewell);
        accepting.GetAwaiter().GetResult();
        listener.Dispose();
        closing.Dispose();
        closed.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        while (!closing.IsCancellationRequested)
        {
            try
            {
                if (open.Count == limits.Connections)
                    await Task.WhenAny(open).WaitAsync(closing.Token).ConfigureAwait(false);
                open.RemoveAll(one => one.IsCompleted);
                if (open.Count < limits.Connections)
                    open.Add(service.ServeAsync(await listener.AcceptSocketAsync(closing.Token).ConfigureAwait(false)));
            }
            catch (OperationCanceledException)
            {
                // The job has ended.
            }
            catch (SocketException)
            {
                // This one is gone, or there are no more file handles for now.
                await Task.Delay(Pause).ConfigureAwait(false);
            }
        }
        await Task.WhenAll(open).ConfigureAwait(false);
    }
}
