using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MoEPlace.Service.Api;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>Great bodies wait for each other, and nobody else for them.</summary>
public sealed class BodyReaderTests
{
    private static readonly byte[] Some = new byte[100_000];

    // Far less than a seat is held, and far more than an answer takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Slow_senders_of_great_bodies_keep_nobody_from_reporting_or_registering()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf(), Cancellation);
        var slow = new List<Socket>();
        try
        {
            foreach (var path in (string[])["/api/jobs", "/api/jobs/job/report"])
                for (var i = 0; i < 8; i++)
                {
                    slow.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
                    await slow[^1].ConnectAsync(live.Host.Address.Host, live.Host.Address.Port, Cancellation);
                    var head = string.Create(CultureInfo.InvariantCulture,
                        $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {2 * Some.Length}\r\n\r\n");
                    await slow[^1].SendAsync(Encoding.ASCII.GetBytes(head), Cancellation);
                    await slow[^1].SendAsync(Some, Cancellation);
                }
            // They are within the service before anybody else asks.
            await Task.Delay(100, Cancellation);
            using var chunked = new StreamContent(new Unseekable(await LiveService.Json(Report()).ReadAsByteArrayAsync(Cancellation)));
            chunked.Headers.ContentType = new("application/json");
            var sent = live.SendAsync("POST", "/api/jobs/job/report", chunked);
            Assert.Equal(200, (await sent.WaitAsync(Patience, Cancellation)).Status);
            await client.ReportAsync("job", Report(), Cancellation).WaitAsync(Patience, Cancellation);
            await client.RegisterAsync(Samples.SpecOf("other"), Cancellation).WaitAsync(Patience, Cancellation);
        }
        finally
        {
            slow.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_great_body_is_waited_for_only_so_long_and_then_gives_its_seat_back()
    {
        using var reader = new BodyReader(1, TimeSpan.FromMilliseconds(50));
        var refusal = await Assert.ThrowsAsync<ApiRefusalException>(() => reader.ReadAsync(new Endless(Some), null, Cancellation));
        Assert.Equal(408, refusal.Status);
        Assert.Equal(Some, await reader.ReadAsync(new MemoryStream(Some), null, Cancellation));
        Assert.Equal(Some, await reader.ReadAsync(new MemoryStream(Some), 1 << 20, Cancellation));
    }

    [Fact]
    public async Task The_client_tells_how_long_its_JSON_is()
    {
        using var handler = new Noting();
        using var client = new ServiceClient([new Uri("http://127.0.0.1:1")], null, handler);
        await Assert.ThrowsAnyAsync<IOException>(() => client.ReportAsync("job", Report(), Cancellation));
        Assert.True(handler.Length > 0);
    }

    private static JobReport Report() => new(1, 0, Samples.From.Digest, JobAnswer.Serving, 0, 0, null, 0, 0, null, 1, 1, [0.02], [0], [false]);

    /// <summary>A stream that does not know how long it is.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>Some bytes, and then nothing until it is given up.</summary>
    private sealed class Endless(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position == Length)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            var buffer = new byte[bufferSize];
            while (await ReadAsync(buffer, cancellationToken) is > 0 and var read)
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    /// <summary>Notes how long what is sent says that it is, and answers 403.</summary>
    private sealed class Noting : HttpMessageHandler
    {
        public long? Length { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Length = request.Content!.Headers.ContentLength;
            return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.Forbidden));
        }
    }
}
