using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Api;

/// <summary>Events as they happen (server-sent events), each read from the record, so that whoever comes back misses none.</summary>
internal static class EventRoutes
{
    private const int AtOnce = 256;
    private const int MostStreams = 256;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    /// <summary>The routes.</summary>
    public static ImmutableArray<ApiRoute> All { get; } =
    [
        new ApiRoute(
            "GET", "/api/events", TokenRole.Read,
            "Events as they happen, of one job or all; after Last-Event-ID or `after` where one is given, which are then read from the record.",
            FollowAsync)
        {
            Queries =
            [
                new ApiQuery("job", "Only those of this job."),
                new ApiQuery("after", "Begins behind the event of this sequence number; 0 for all.", 0),
            ],
            Headers = [new ApiQuery("Last-Event-ID", "The same, as a browser tells it when it comes back; stands over `after`.", 0)],
            Shape = typeof(ServiceEvent),
            ContentType = "text/event-stream",
        },
    ];

    private static async Task FollowAsync(ApiCall call)
    {
        using var seat = call.Context.Metrics.TryFollow(MostStreams)
            ?? throw new ApiRefusalException(StatusCodes.Status429TooManyRequests, $"{MostStreams} follow events already");
        var job = call.Query("job");
        var given = After(call);
        // The record knows events of jobs that are gone; what happens from now on can only be of one that is there.
        if (job is not null && given is null)
            call.Service.ShapeOf(job);
        var after = given ?? await call.Service.State.LastEventAsync(call.Gone).ConfigureAwait(false);
        var (events, response) = (call.Context.Events, call.Http.Response);
        response.ContentType = "text/event-stream";
        call.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(call.Gone, call.Context.Stopping);
        try
        {
            // Whoever begins now learns at once that the line is open, and where to go on if it breaks before the first event.
            var opening = string.Create(CultureInfo.InvariantCulture, $"id: {after}\n\n");
            await WriteAsync(response, Encoding.UTF8.GetBytes(opening), ends.Token).ConfigureAwait(false);
            while (!ends.IsCancellationRequested && call.Service.Leads)
            {
                var next = events.Next;
                var rows = await call.Service.State.EventsAsync(after, job, AtOnce, ends.Token).ConfigureAwait(false);
                foreach (var row in rows)
                    await WriteAsync(response, Frame(row), ends.Token).ConfigureAwait(false);
                if (rows.Count > 0)
                    after = rows[^1].Sequence;
                else if (!await HappensAsync(next, ends.Token).ConfigureAwait(false))
                    await WriteAsync(response, ":\n\n"u8.ToArray(), ends.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever followed is gone, or the service stops.
        }
    }

    /// <summary>Where to begin; null for what happens from now on.</summary>
    private static long? After(ApiCall call)
    {
        var header = call.Http.Request.Headers["Last-Event-ID"];
        if (header.Count == 0)
            return call.Query("after") is null ? null : call.Query("after", 0);
        var text = header.ToString();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InputException("header", "Last-Event-ID", text, "the sequence number of an event");
    }

    private static async Task<bool> HappensAsync(Task next, CancellationToken cancellation)
    {
        try
        {
            await next.WaitAsync(Beat, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static byte[] Frame(ServiceEvent e)
    {
        var data = JsonSerializer.Serialize(e, StrictJson.OneLine);
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {e.Sequence}\nevent: {e.Kind}\ndata: {data}\n\n"));
    }

    private static async Task WriteAsync(HttpResponse response, byte[] bytes, CancellationToken cancellation)
    {
        await response.Body.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        await response.Body.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
