using System.Buffers;
using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.Routing;

namespace MoEPlace.Service.Api;

/// <summary>Routing: rows and counts of a job come in, load and traffic go out.</summary>
internal static class RoutingRoutes
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestFrame = TimeSpan.FromMinutes(1);

    /// <summary>The routes.</summary>
    public static ImmutableArray<ApiRoute> All { get; } =
    [
        new ApiRoute("POST", "/api/jobs/{job}/counts", TokenRole.Submit, "Takes how often each expert was chosen: one frame.", CountsAsync)
        {
            Body = new ApiBody(ServiceClient.CountsType, null, NeedsLength: true),
        },
        new ApiRoute(
            "POST", "/api/jobs/{job}/rows", TokenRole.Submit,
            "Takes routed tokens: any number of frames, one behind the other; reads no faster than the job can be looked at.", RowsAsync)
        {
            Body = new ApiBody(ServiceClient.RowsType, null),
        },
        new ApiRoute(
            "GET", "/api/jobs/{job}/traffic", TokenRole.Read, "Load per layer and rank and traffic per pair of ranks, of the latest tokens.", TrafficAsync)
        {
            ContentType = TrafficView.Type,
        },
    ];

    private static async Task CountsAsync(ApiCall call)
    {
        var job = call.Job();
        var (model, _) = call.Service.ShapeOf(job);
        var wanted = CountsFrame.Bytes(model.Layers, model.Experts);
        var length = call.Http.Request.ContentLength
            ?? throw new ApiRefusalException(StatusCodes.Status411LengthRequired, "counts need a Content-Length");
        if (length != wanted)
            throw new InputException("counts", "length", length, $"{wanted} bytes: {model.Layers} layers of {model.Experts} experts");
        var bytes = ArrayPool<byte>.Shared.Rent(wanted);
        var counts = ArrayPool<int>.Shared.Rent(model.Layers * model.Experts);
        try
        {
            await call.Http.Request.Body.ReadExactlyAsync(bytes.AsMemory(0, wanted), call.Gone).ConfigureAwait(false);
            var tokens = CountsFrame.Read(bytes.AsSpan(0, wanted), model, counts);
            call.Service.Take(job, tokens, counts.AsSpan(0, model.Layers * model.Experts));
            call.Context.Metrics.CountsCame(tokens);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<int>.Shared.Return(counts);
        }
        await call.NothingAsync().ConfigureAwait(false);
    }

    private static async Task RowsAsync(ApiCall call)
    {
        var job = call.Job();
        var (model, ranks) = call.Service.ShapeOf(job);
        using var seat = call.Context.Rows.Take(job);
        var features = call.Http.Features;
        // A stream is as long as its job runs, and as slow; what is bounded is each frame of it.
        features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(call.Gone, call.Context.Stopping);
        using var frames = new FrameReader(call.Http.Request.Body, call.Context.Options.MostBodyBytes);
        try
        {
            while (true)
            {
                reading.CancelAfter(LongestPause);
                if (!await frames.BeginAsync(RowsFrame.HeadBytes, reading.Token).ConfigureAwait(false))
                    break;
                reading.CancelAfter(LongestFrame);
                var rows = RowsFrame.ReadHead(frames.Bytes.Span, model.Layers, model.TopK);
                await frames.ReadAsync(RowsFrame.Bytes(rows, model.Layers, model.TopK), reading.Token).ConfigureAwait(false);
                reading.CancelAfter(Timeout.InfiniteTimeSpan);
                var read = RowsFrame.ReadColumns(frames.Bytes.Span, rows, model, ranks);
                await call.Service.TakeAsync(job, read, reading.Token).ConfigureAwait(false);
                call.Context.Metrics.RowsCame(rows);
            }
        }
        catch (OperationCanceledException) when (!call.Gone.IsCancellationRequested)
        {
            throw call.Context.Stopping.IsCancellationRequested
                ? new ApiRefusalException(StatusCodes.Status503ServiceUnavailable, "the service stops")
                : new ApiRefusalException(StatusCodes.Status408RequestTimeout, $"a frame must come within {LongestFrame.TotalSeconds} s");
        }
        await call.NothingAsync().ConfigureAwait(false);
    }

    private static async Task TrafficAsync(ApiCall call)
    {
        var job = call.Job();
        var view = call.Service.Job(job);
        var measures = call.Service.Traffic(job);
        var bytes = TrafficView.Write(measures, view.Layers, view.Nodes * view.RanksPerNode, view.RanksPerNode);
        await call.BytesAsync(bytes, TrafficView.Type).ConfigureAwait(false);
    }
}
