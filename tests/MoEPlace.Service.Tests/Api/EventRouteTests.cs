using MoEPlace.Service.Client;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>Events as they happen.</summary>
public sealed class EventRouteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_on_record_come_first_and_then_what_happens_in_order()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf("a"), Cancellation);
        await using var events = new EventFeed(client, null, 0).ReadAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var seen = new List<ServiceEvent> { await NextAsync(events), await NextAsync(events) };
        await client.RegisterAsync(Samples.SpecOf("b"), Cancellation);
        seen.Add(await NextAsync(events));
        await client.DeleteAsync("api/jobs/a", Cancellation);
        seen.Add(await NextAsync(events));
        Assert.Equal([("", "leads"), ("a", "registered"), ("b", "registered"), ("a", "removed")], seen.Select(e => (e.Job, e.Kind)));
        Assert.Equal(seen.Select(e => e.Sequence).Order().Distinct(), seen.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Who_names_no_place_to_begin_gets_what_happens_from_then_on()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf("a"), Cancellation);
        await client.RegisterAsync(Samples.SpecOf("b"), Cancellation);
        var open = new TaskCompletionSource();
        var feed = new EventFeed(client, "a");
        feed.Line += why => open.TrySetResult();
        await using var events = feed.ReadAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var next = NextAsync(events);
        await open.Task;
        await client.DeleteAsync("api/jobs/b", Cancellation);
        await client.DeleteAsync("api/jobs/a", Cancellation);
        Assert.Equal(("a", "removed"), ((await next).Job, (await next).Kind));
    }

    [Fact]
    public async Task A_line_that_breaks_is_taken_up_behind_the_last_event()
    {
        using var folder = new TemporaryFolder();
        var database = $"sqlite:{folder.File("shared.db")}";
        var first = await LiveService.StartAsync(database: database);
        while (!first.Service.Leads)
            await Task.Delay(10, Cancellation);
        await using var second = await LiveService.StartAsync(database: database);
        Assert.False(second.Service.Leads);
        Assert.Equal(503, (await second.SendAsync("GET", "/health/ready")).Status);
        Assert.Equal(200, (await second.SendAsync("GET", "/health/live")).Status);
        Assert.Equal(200, (await second.SendAsync("GET", "/metrics")).Status);
        var (status, body, answer) = await second.SendAsync("GET", "/api/jobs");
        Assert.Equal((503, "1"), (status, answer.Headers.GetValues("Retry-After").Single()));
        Assert.Contains("leads", body, StringComparison.Ordinal);

        using var client = new ServiceClient([second.Host.Address, first.Host.Address]);
        await client.RegisterAsync(Samples.SpecOf("a"), Cancellation);
        await using var events = new EventFeed(client, "a", 0).ReadAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.Equal("registered", (await NextAsync(events)).Kind);
        // Gives the lead up as it stops; the stream ends and the other instance is asked.
        await first.DisposeAsync();
        while (!second.Service.Leads)
            await Task.Delay(10, Cancellation);
        await client.DeleteAsync("api/jobs/a", Cancellation);
        Assert.Equal("removed", (await NextAsync(events)).Kind);
    }

    [Theory]
    [InlineData("Last-Event-ID", "x")]
    [InlineData("Last-Event-ID", "-1")]
    public async Task A_place_to_begin_that_is_none_is_refused(string header, string value)
    {
        await using var live = await LiveService.StartAsync();
        Assert.Equal(400, (await live.SendAsync("GET", "/api/events", null, null, (header, value))).Status);
        Assert.Equal(404, (await live.SendAsync("GET", "/api/events?job=none")).Status);
    }

    [Fact]
    public async Task Streams_end_when_the_service_stops()
    {
        var live = await LiveService.StartAsync();
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(live.Host.Address, "api/events?after=0"), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("id: 0", await lines.ReadLineAsync(Cancellation));
        while (await lines.ReadLineAsync(Cancellation) != "event: leads")
        {
        }
        await live.DisposeAsync();
        Assert.StartsWith("data: ", await lines.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("\"event\":\"Stopped\"", live.Log, StringComparison.Ordinal);
    }

    private static async Task<ServiceEvent> NextAsync(IAsyncEnumerator<ServiceEvent> events)
    {
        Assert.True(await events.MoveNextAsync());
        return events.Current;
    }
}
