using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;

namespace MoEPlace.Cli.Tests;

/// <summary>Takes what a job sends to a placement service, keeps it, and wishes what a test wants.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication host;
    private readonly ConcurrentDictionary<string, string> placements = new();

    private FakeService(WebApplication host) => this.host = host;

    /// <summary>The last registration; null before any.</summary>
    internal JobSpec? Spec { get; private set; }

    /// <summary>Digests of the placements that it was registered with.</summary>
    internal ConcurrentQueue<string> Registered { get; } = new();

    internal ConcurrentQueue<JobReport> Reports { get; } = new();

    internal ConcurrentQueue<RoutedRows> Rows { get; } = new();

    /// <summary>What is wished after a report.</summary>
    internal Func<JobReport, JobWish?> Wish { get; set; } = _ => null;

    /// <summary>Whether it answers 503 to everything.</summary>
    internal volatile bool Away;

    /// <summary>How often it did to a report.</summary>
    internal int Refusals;

    /// <summary>Bearer token that it wants; null for none.</summary>
    internal string? Token { get; set; }

    internal string Url => host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    internal static async Task<FakeService> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        var fake = new FakeService(app);
        app.Use(fake.AdmitAsync);
        app.MapPost("/api/jobs", fake.RegisterAsync);
        app.MapPost("/api/jobs/{job}/report", fake.ReportAsync);
        app.MapPost("/api/jobs/{job}/rows", fake.TakeAsync);
        app.MapGet("/api/jobs/{job}/placements/{digest}", (HttpContext context, string digest) =>
            fake.placements.TryGetValue(digest, out var json) ? AnswerAsync(context, json) : RefuseAsync(context, 404));
        await app.StartAsync().ConfigureAwait(false);
        return fake;
    }

    /// <summary>Knows a placement from now on.</summary>
    /// <returns>Its digest.</returns>
    internal string Offer(ExpertPlacement placement)
    {
        placements[placement.Digest] = ExpertPlacementFile.ToJson(placement);
        return placement.Digest;
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        if (Token is { } token && context.Request.Headers.Authorization != $"Bearer {token}")
            return RefuseAsync(context, 401);
        if (!Away)
            return next(context);
        if (context.Request.Path.Value!.EndsWith("/report", StringComparison.Ordinal))
            Interlocked.Increment(ref Refusals);
        return RefuseAsync(context, 503);
    }

    private async Task RegisterAsync(HttpContext context)
    {
        var spec = StrictJson.Parse<JobSpec>(await BodyAsync(context), "job");
        Registered.Enqueue(Offer(spec.Check([])));
        Spec = spec;
        await AnswerAsync(context, JsonSerializer.Serialize(View(spec), StrictJson.OneLine));
    }

    private async Task ReportAsync(HttpContext context)
    {
        var report = StrictJson.Parse<JobReport>(await BodyAsync(context), "report");
        report.Check();
        Reports.Enqueue(report);
        await AnswerAsync(context, JsonSerializer.Serialize(new ReportReply(Wish(report)), StrictJson.OneLine));
    }

    private async Task TakeAsync(HttpContext context)
    {
        var body = await BodyAsync(context);
        if (Spec is not { Model: var model })
        {
            await RefuseAsync(context, 404);
            return;
        }
        for (var at = 0; at < body.Length;)
        {
            var rows = RowsFrame.ReadHead(body.AsSpan(at, RowsFrame.HeadBytes), model.Layers, model.TopK);
            at += RowsFrame.HeadBytes;
            var length = RowsFrame.Bytes(rows, model.Layers, model.TopK);
            Rows.Enqueue(RowsFrame.ReadColumns(body.AsSpan(at, length), rows, model, Spec!.Cluster.Ranks));
            at += length;
        }
        context.Response.StatusCode = 204;
    }

    private static async Task<byte[]> BodyAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    private static Task AnswerAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }

    private static Task RefuseAsync(HttpContext context, int code)
    {
        context.Response.StatusCode = code;
        return AnswerAsync(context, "{\"message\":\"not now\"}");
    }

    private static JobView View(JobSpec spec) => new(
        spec.Name, spec.Model.Name, spec.Model.Layers, spec.Model.Experts, spec.Model.TopK, spec.Cluster.Nodes, spec.Cluster.RanksPerNode,
        spec.Cluster.Name, spec.Engine, spec.Policy ?? new LoopPolicy(), false, false, 0, new string('0', 64), 0, 0, 0,
        new Service.Drift.DriftReading(0, 0, false, null, 0, 0), null, null, null, null, [], 1, false, 0, null);
}
