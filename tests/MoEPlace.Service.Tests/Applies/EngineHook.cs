using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Applies;
using Xunit;

namespace MoEPlace.Service.Tests.Applies;

/// <summary>A webhook that keeps what it is told.</summary>
internal sealed class EngineHook : IAsyncDisposable
{
    private readonly WebApplication app;

    private EngineHook(WebApplication app) => this.app = app;

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = StatusCodes.Status202Accepted;

    /// <summary>All that it was told, whatever it answered.</summary>
    public ConcurrentQueue<EngineWish> Told { get; } = [];

    /// <summary>Where it listens.</summary>
    public string Url => app.Urls.First();

    public static async Task<EngineHook> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var hook = new EngineHook(builder.Build());
        hook.app.MapPost("/", hook.TakeAsync);
        await hook.app.StartAsync(TestContext.Current.CancellationToken);
        return hook;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        context.Response.StatusCode = Status;
        Told.Enqueue(StrictJson.Parse<EngineWish>(body.ToArray(), "wish"));
    }
}
