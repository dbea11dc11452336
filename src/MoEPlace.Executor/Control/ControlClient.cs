using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MoEPlace.Executor.Applying;

namespace MoEPlace.Executor.Control;

/// <summary>Asks a running job.</summary>
public sealed class ControlClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);
    private readonly string folder;
    private readonly ControlFile file;

    /// <summary>Finds the job.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="IOException">No job runs there.</exception>
    /// <exception cref="InputException">Its control file is none; every fault is told.</exception>
    public ControlClient(string folder) => (this.folder, file) = (folder, ControlFile.Read(folder));

    /// <summary>How it stands.</summary>
    /// <param name="cancellation">Ends the asking.</param>
    /// <exception cref="IOException">No job answers.</exception>
    public Task<ApplyStatus> StatusAsync(CancellationToken cancellation = default) => AskOnceAsync(ControlAsk.Status, cancellation);

    /// <summary>Has the apply under way given up, and waits until none is.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>How the job stands then: an apply whose last wave was committed already is done.</returns>
    /// <exception cref="IOException">No job answers.</exception>
    public async Task<ApplyStatus> AbortAsync(CancellationToken cancellation = default)
    {
        var status = await AskOnceAsync(ControlAsk.Abort, cancellation).ConfigureAwait(false);
        while (status.State is ApplyState.Preparing or ApplyState.Committed)
        {
            await Task.Delay(BetweenLooks, cancellation).ConfigureAwait(false);
            status = await StatusAsync(cancellation).ConfigureAwait(false);
        }
        return status;
    }

    /// <summary>Asks for a placement and follows what becomes of it; whoever stops following does not stop it.</summary>
    /// <param name="wish">The placement and how fast.</param>
    /// <param name="cancellation">Ends the following.</param>
    /// <returns>Every change, the last of them done, aborted or ended.</returns>
    /// <exception cref="InputException">The placement is not of the job's model and ranks; every fault is told.</exception>
    /// <exception cref="ApplyRefusedException">The job does not take it now.</exception>
    /// <exception cref="IOException">No job answers, or it went away before it was done.</exception>
    public async IAsyncEnumerable<ApplyStatus> ApplyAsync(ApplyRequest wish, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(wish);
        using var content = JsonDocument.Parse(ExpertPlacementFile.ToJson(wish.Target));
        var request = new ControlRequest(file.Token, ControlAsk.Apply, content.RootElement, wish.BytesPerStep);
        var last = ApplyState.Serving;
        await foreach (var status in AskAsync(request, cancellation).ConfigureAwait(false))
        {
            last = status.State;
            yield return status;
        }
        if (last is not (ApplyState.Done or ApplyState.Aborted or ApplyState.Ended))
            throw new IOException($"the job in {folder} went away before the placement was applied");
    }

    private async Task<ApplyStatus> AskOnceAsync(ControlAsk ask, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            await foreach (var status in AskAsync(new ControlRequest(file.Token, ask), limit.Token).ConfigureAwait(false))
                return status;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException(FormattableString.Invariant($"the job in {folder} did not answer within {Patience.TotalSeconds} s"));
        }
        throw new IOException($"the job in {folder} went away before it answered");
    }

    /// <summary>Sends a request and gives the lines of the answer that tell a status.</summary>
    private async IAsyncEnumerable<ApplyStatus> AskAsync(ControlRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var socket = new TcpClient(AddressFamily.InterNetwork);
        NetworkStream? stream = null;
        await TryAsync(async () =>
        {
            await socket.ConnectAsync(IPAddress.Loopback, file.Port, cancellation).ConfigureAwait(false);
            stream = socket.GetStream();
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, StrictJson.OneLine), (byte)'\n'];
            await stream.WriteAsync(line, cancellation).ConfigureAwait(false);
            return 0;
        }).ConfigureAwait(false);
        using var reader = new StreamReader(stream!);
        while (await TryAsync(() => reader.ReadLineAsync(cancellation)).ConfigureAwait(false) is { } line)
        {
            var reply = StrictJson.Parse<ControlReply>(line, folder, "answer");
            if (reply.Faults is { } faults)
                throw new InputException(faults);
            if (reply.Refused is { } why)
                throw new ApplyRefusedException(why);
            yield return reply.Status ?? throw new IOException($"the job in {folder} gave an empty answer");
        }
    }

    private async ValueTask<T> TryAsync<T>(Func<ValueTask<T>> talk)
    {
        try
        {
            return await talk().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new IOException($"no job answers in {folder} (port {file.Port}): {e.Message}", e);
        }
    }
}
