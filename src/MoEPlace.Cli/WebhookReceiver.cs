using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary>Takes what the placement service tells a webhook: checks its signature, answers at once, and has the engine restarted behind it.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private const int MostBytes = 65_536;
    private const string Signature = "X-MoEPlace-Signature";
    private readonly WebApplication app;

    private WebhookReceiver(WebApplication app) => this.app = app;

    /// <summary>Where it listens.</summary>
    internal string Address => app.Urls.First();

    /// <summary>Begins to listen.</summary>
    /// <param name="address">Where; port 0 for any that is free.</param>
    /// <param name="key">What the service signs with; null where it does not.</param>
    /// <param name="restart">What is done.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    internal static async Task<WebhookReceiver> StartAsync(Uri address, byte[]? key, EngineRestart restart, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MostBytes);
        var app = builder.Build();
        app.Urls.Add(address.GetLeftPart(UriPartial.Authority));
        app.MapPost("/", context => TakeAsync(context, key, restart));
        await app.StartAsync(cancellation).ConfigureAwait(false);
        return new WebhookReceiver(app);
    }

    /// <summary>Listens until it is cancelled.</summary>
    internal async Task ToEndAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static async Task TakeAsync(HttpContext context, byte[]? key, EngineRestart restart)
    {
        // What a page in a browser can send without being asked first is not for here.
        if (context.Request.Headers.Origin.Count > 0 || !context.Request.HasJsonContentType())
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        var bytes = body.ToArray();
        if (key is not null && !IsSigned(context.Request.Headers[Signature].ToString(), key, bytes))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        try
        {
            var wish = StrictJson.Parse<EngineWish>(bytes, "wish");
            var faults = new InputFaults("wish");
            faults.Require(JobSpec.IsName(wish.Job), "job", wish.Job, "the name of a job");
            faults.Require(wish.Apply > 0 && wish.Attempt > 0, "apply", wish.Apply, "1 or more, as attempt");
            faults.Require(wish.Placement.Length == 64 && wish.Placement.All(char.IsAsciiHexDigitLower), "placement", wish.Placement, "a digest");
            faults.ThrowIfAny();
            restart.Begin(wish);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
        catch (InputException e)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(e.Message, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static bool IsSigned(string told, byte[] key, byte[] body)
    {
        var wanted = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, body));
        return CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(told), System.Text.Encoding.UTF8.GetBytes(wanted));
    }
}
