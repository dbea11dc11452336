using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using MoEPlace.Service.Api;
using MoEPlace.Service.Operations;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>How much is served at once.</summary>
public sealed class LimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Streams_have_a_bound_together_and_one_for_each_job()
    {
        var seats = new StreamSeats(3, 2);
        var (first, second) = (seats.Take("a"), seats.Take("a"));
        Assert.Equal(429, Assert.Throws<ApiRefusalException>(() => seats.Take("a")).Status);
        using var third = seats.Take("b");
        Assert.Equal(429, Assert.Throws<ApiRefusalException>(() => seats.Take("c")).Status);
        first.Dispose();
        first.Dispose();
        using var fourth = seats.Take("c");
        Assert.Equal(429, Assert.Throws<ApiRefusalException>(() => seats.Take("b")).Status);
        second.Dispose();
        seats.Take("a").Dispose();
    }

    [Fact]
    public async Task A_job_has_only_so_many_streams_of_rows_and_gets_a_seat_back_when_one_ends()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf(), Cancellation);
        var open = new List<Socket>();
        try
        {
            for (var i = 0; i < 64; i++)
            {
                open.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
                await open[^1].ConnectAsync(live.Host.Address.Host, live.Host.Address.Port, Cancellation);
                await open[^1].SendAsync(Encoding.ASCII.GetBytes(
                    "POST /api/jobs/job/rows HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Content-Type: application/vnd.moeplace.rows\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"), Cancellation);
            }
            Assert.Equal(429, await UntilAsync(live, 429));
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
        Assert.Equal(204, await UntilAsync(live, 204));
    }

    [Fact]
    public async Task Health_and_figures_are_told_however_much_is_asked()
    {
        await using var live = await LiveService.StartAsync();
        using var metrics = new ServiceMetrics(live.Service);
        using var context = new ApiContext(live.Service, new ServiceOptions(), metrics, CancellationToken.None);
        var pipeline = new ApiPipeline(context, new ApiGate(new TokenCheck([])), NullLogger.Instance, mostAtOnce: 0);
        foreach (var route in ApiTable.Routes.Where(route => route.Method == "GET" && !route.Path.Contains('{')))
        {
            var http = new DefaultHttpContext();
            (http.Request.Method, http.Request.Path, http.Request.Host) = ("GET", route.Path, new HostString("localhost"));
            http.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(route), route.Path));
            await pipeline.AnswerAsync(http, _ => Task.CompletedTask);
            Assert.Equal(route.Path is "/health/live" or "/health/ready" or "/metrics" ? 200 : 429, http.Response.StatusCode);
        }
    }

    private static async Task<int> UntilAsync(LiveService live, int wanted)
    {
        var status = 0;
        for (var i = 0; i < 100 && status != wanted; i++)
        {
            var nothing = LiveService.Bytes([], Client.ServiceClient.RowsType);
            status = (await live.SendAsync("POST", "/api/jobs/job/rows", nothing)).Status;
            if (status != wanted)
                await Task.Delay(10, Cancellation);
        }
        return status;
    }
}
