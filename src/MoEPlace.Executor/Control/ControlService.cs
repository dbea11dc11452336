using System.Net.Sockets;
using System.Text.Json;
using System.Text.Unicode;
using System.Threading.Channels;
using MoEPlace.Executor.Applying;

namespace MoEPlace.Executor.Control;

/// <summary>Answers the clients of a control port, each on a connection of its own.</summary>
/// <param name="desk">Where requests are taken to.</param>
/// <param name="placement">What is asked for must be of its model and ranks.</param>
/// <param name="token">What clients must know.</param>
/// <param name="limits">What they may take.</param>
/// <param name="closing">Set when the job has ended: nobody is asked any more.</param>
/// <param name="closed">Set when nobody is told any more.</param>
internal sealed class ControlService(
    ApplyDesk desk, ExpertPlacement placement, string token, ControlLimits limits, CancellationToken closing, CancellationToken closed)
{
    /// <summary>What a client is told when the port fails at its request.</summary>
    internal const string Failed = "the control port failed";

    private static readonly ControlReply Stranger = new(Refused: "the token is not that of this job");
    private readonly byte[] head = ControlRequest.Head(token);

    /// <summary>Serves one client; whatever it does, the connection ends.</summary>
    internal async Task ServeAsync(Socket client)
    {
        using var connection = new ControlConnection(client, limits, closing, closed);
        try
        {
            if (!await connection.BeginsWithAsync(head).ConfigureAwait(false))
                await connection.TellAsync(Stranger).ConfigureAwait(false);
            else
                await AnswerOrFailAsync(connection).ConfigureAwait(false);
            await connection.EndAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client is gone or too slow, or the job has ended.
        }
    }

    /// <summary>A fault of the port's own costs the answer, not the job.</summary>
    private async Task AnswerOrFailAsync(ControlConnection connection)
    {
        try
        {
            await AnswerAsync(connection, await connection.ReadLineAsync(head).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (IOException or SocketException or OperationCanceledException))
        {
            await connection.TellAsync(new ControlReply(Refused: $"{Failed}: {e.Message}")).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(ControlConnection connection, byte[]? line)
    {
        if (line is null)
        {
            await connection.TellAsync(new ControlReply(Refused: FormattableString.Invariant(
                $"no whole line of at most {limits.LineBytes} bytes came within {limits.Line.TotalSeconds} s"))).ConfigureAwait(false);
            return;
        }
        ApplyRequest? wish;
        try
        {
            (var ask, wish) = Read(line);
            if (ask == ControlAsk.Abort)
                desk.Abort();
        }
        catch (InputException e)
        {
            await connection.TellAsync(new ControlReply(Faults: e.Faults)).ConfigureAwait(false);
            return;
        }
        if (wish is null)
            await connection.TellAsync(new ControlReply(desk.Status)).ConfigureAwait(false);
        else
            await ApplyAsync(connection, wish).ConfigureAwait(false);
    }

    private async Task ApplyAsync(ControlConnection connection, ApplyRequest wish)
    {
        ChannelReader<ApplyStatus> changes;
        try
        {
            changes = desk.Ask(wish);
        }
        catch (InputException e)
        {
            await connection.TellAsync(new ControlReply(Refused: e.Message)).ConfigureAwait(false);
            return;
        }
        try
        {
            while (await changes.WaitToReadAsync(closing).ConfigureAwait(false))
                await TellAllAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // What the job told last still goes out.
            await TellAllAsync().ConfigureAwait(false);
        }

        async Task TellAllAsync()
        {
            while (changes.TryRead(out var status))
                await connection.TellAsync(new ControlReply(status)).ConfigureAwait(false);
        }
    }

    /// <summary>What a line asks for, all its faults told at once.</summary>
    private (ControlAsk Ask, ApplyRequest? Wish) Read(byte[] line)
    {
        if (!Utf8.IsValid(line))
            throw new InputException("request", "line", "bytes that are no characters", "text in UTF-8");
        var request = StrictJson.Parse<ControlRequest>(line, "request");
        var faults = new InputFaults("request");
        var applies = request.Ask == ControlAsk.Apply;
        if (!applies)
        {
            faults.Require(request.Placement is null, "placement", "(given)", "none, but to apply");
            faults.Require(request.BytesPerStep is null, "bytesPerStep", request.BytesPerStep, "none, but to apply");
            faults.ThrowIfAny();
            return (request.Ask, null);
        }
        faults.Require(request.BytesPerStep >= 1, "bytesPerStep", request.BytesPerStep, "1 or more");
        if (!faults.Require(request.Placement is { ValueKind: JsonValueKind.Object }, "placement", null, "the content of a placement file"))
            throw new InputException(faults.ToImmutable());
        var target = Placement(request.Placement!.Value.GetRawText(), faults);
        faults.ThrowIfAny();
        return (request.Ask, new ApplyRequest(target!, request.BytesPerStep!.Value));
    }

    private ExpertPlacement? Placement(string json, InputFaults faults)
    {
        try
        {
            var target = ExpertPlacementFile.Parse(json, "placement");
            var unfit = new InputFaults("placement");
            PlacementFit.Check(unfit, target, placement);
            faults.AddRange(unfit.ToImmutable());
            return target;
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults);
            return null;
        }
    }
}
