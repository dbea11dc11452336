using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Api;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Service;

/// <summary>The wire of the service: its HTTP API, its page, what is measured of it, and its log.</summary>
public sealed class ServiceHost : IAsyncDisposable
{
    private const int LongestLine = 8 * 1024;
    private const int LongestHeaders = 16 * 1024;
    private const int MostHeaders = 64;
    private const int MostConnections = 4_096;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private readonly WebApplication app;
    private readonly ApiContext context;
    private readonly ILogger log;

    private ServiceHost(WebApplication app, ApiContext context, ILogger log)
    {
        this.app = app;
        this.context = context;
        this.log = log;
    }

    /// <summary>Where it listens, with the port that it got.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Begins to listen.</summary>
    /// <param name="options">How it is run.</param>
    /// <param name="service">The service; it is not disposed with the host.</param>
    /// <param name="log">Where a JSON object is written for each line of the log; null for nowhere.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="InputException">The options do not hold; every fault is told.</exception>
    /// <exception cref="IOException">It cannot listen there.</exception>
    public static async Task<ServiceHost> StartAsync(
        ServiceOptions options, PlacementService service, TextWriter? log = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(service);
        var faults = new InputFaults("configuration");
        options.Check(faults);
        faults.ThrowIfAny();
        var metrics = new ServiceMetrics(service);
        var app = Build(options, log);
        var context = new ApiContext(service, options, metrics, app.Lifetime.ApplicationStopping);
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(ServiceMetrics.Name);
        var pipeline = new ApiPipeline(context, new ApiGate(new TokenCheck(options.Tokens ?? [])), logger);
        app.UseRouting();
        app.Use(next => http => pipeline.AnswerAsync(http, next));
        DashboardEndpoints.Map(app);
        foreach (var route in ApiTable.Routes)
            app.MapMethods(route.Path, [route.Method], (RequestDelegate)(_ => Task.CompletedTask)).WithMetadata(route);
        var host = new ServiceHost(app, context, logger);
        service.Happened += host.Tell;
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        var state = options.State.StartsWith("sqlite:", StringComparison.Ordinal) ? "sqlite" : "postgresql";
        ServiceLog.Listens(logger, host.Address.ToString(), state, (options.Tokens ?? []).Length);
        return host;
    }

    /// <summary>Stops: takes no more connections, ends streams, finishes what it is asked, for at most 10 s.</summary>
    public async ValueTask DisposeAsync()
    {
        context.Service.Happened -= Tell;
        using (var limit = new CancellationTokenSource(StopTimeout))
            await app.StopAsync(limit.Token).ConfigureAwait(false);
        ServiceLog.Stopped(log);
        await app.DisposeAsync().ConfigureAwait(false);
        context.Metrics.Dispose();
        context.Dispose();
    }

    private void Tell(ServiceEvent e)
    {
        context.Events.Tell();
        context.Metrics.Happened(e);
        ServiceLog.Happened(log, e.Job, e.Kind, e.Text);
    }

    private static WebApplication Build(ServiceOptions options, TextWriter? log)
    {
        // Empty: nothing of the environment or of files beside the program changes what is served.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "moeplace" });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        _ = ServiceOptionsCheck.TryLevel(options.LogLevel, out var level);
        builder.Logging.SetMinimumLevel(level);
        // What the server itself tells at lower levels holds parts of requests.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning).AddFilter("OpenTelemetry", LogLevel.Warning);
        if (log is not null)
            builder.Logging.AddProvider(new JsonLines(log, TimeProvider.System));
        if (options.OtlpEndpoint is { } otlp)
            OtlpExport.Add(builder.Services, new Uri(otlp));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Limit(kestrel, options));
        return builder.Build();
    }

    private static void Limit(KestrelServerOptions kestrel, ServiceOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = LongestLine;
        kestrel.Limits.MaxRequestHeadersTotalSize = LongestHeaders;
        kestrel.Limits.MaxRequestHeaderCount = MostHeaders;
        kestrel.Limits.MaxRequestBodySize = options.MostBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        var listen = ListenAddress.Parse(options.Listen)!;
        kestrel.Listen(new IPEndPoint(listen.Address, listen.Port), at =>
        {
            at.Protocols = HttpProtocols.Http1;
            if (listen.IsSecure)
                at.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = ServerCertificate.Load(options.Certificate!) });
        });
    }

    /// <summary>Signals are the program's to hear, not the host's.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
