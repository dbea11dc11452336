using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Api;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Tests.Dashboard;

/// <summary>Serves the dashboard with jobs that were made up; what is posted is noted.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeService(WebApplication app) => this.app = app;

    internal Uri Address => new(app.Urls.Single());

    /// <summary>By name.</summary>
    internal ConcurrentDictionary<string, MadeUpJob> Jobs { get; } = new(StringComparer.Ordinal);

    /// <summary>Path and body of every POST.</summary>
    internal ConcurrentQueue<string> Posted { get; } = new();

    /// <summary>What is wanted as bearer token; null for none.</summary>
    internal string? Token { get; init; }

    /// <summary>What an apply is answered with instead; null to take it.</summary>
    internal string? Refusal { get; set; }

    internal static async Task<FakeService> StartAsync(string? token, params MadeUpJob[] jobs)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Host.ConfigureHostOptions(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        var service = new FakeService(builder.Build()) { Token = token };
        foreach (var job in jobs)
            service.Jobs[job.View.Name] = job;
        service.Map();
        await service.app.StartAsync();
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private void Map()
    {
        app.Use((context, next) =>
            Token is null || !context.Request.Path.StartsWithSegments("/api") || context.Request.Headers.Authorization == $"Bearer {Token}"
                ? next(context)
                : AnswerAsync(context, StatusCodes.Status401Unauthorized, new Problem("a token is needed")));
        app.Use((context, next) => context.GetRouteValue("job") is string job && !Jobs.ContainsKey(job)
            ? AnswerAsync(context, StatusCodes.Status404NotFound, new Problem("no such job"))
            : next(context));
        DashboardEndpoints.Map(app);
        app.MapGet("/api/jobs", context => AnswerAsync(context, new { jobs = Jobs.Values.Select(job => job.View).OrderBy(view => view.Name, StringComparer.Ordinal) }));
        Get("", job => job.View);
        Get("/history", job => new { samples = job.Samples });
        Get("/decisions", job => new { decisions = job.Decisions });
        Get("/applies", job => new { applies = job.Applies });
        app.MapGet("/api/jobs/{job}/traffic", (HttpContext context) => TrafficAsync(context, JobOf(context)));
        app.MapGet("/api/events", EventsAsync);
        Post("/plans", _ => new { decision = 7 });
        Post("/decisions/{number}/apply", job => job.Apply());
        Post("/rollback", job => job.Apply());
    }

    private void Get(string rest, Func<MadeUpJob, object> what) =>
        app.MapGet($"/api/jobs/{{job}}{rest}", context => AnswerAsync(context, what(JobOf(context))));

    private void Post(string rest, Func<MadeUpJob, object> what) => app.MapPost($"/api/jobs/{{job}}{rest}", async context =>
    {
        using var reader = new StreamReader(context.Request.Body);
        Posted.Enqueue($"{context.Request.Path} {await reader.ReadToEndAsync()}".Trim());
        if (Refusal is { } why)
            await AnswerAsync(context, StatusCodes.Status409Conflict, new Problem(why));
        else
            await AnswerAsync(context, what(JobOf(context)));
    });

    private MadeUpJob JobOf(HttpContext context) => Jobs[(string)context.GetRouteValue("job")!];

    private static async Task TrafficAsync(HttpContext context, MadeUpJob job)
    {
        context.Response.ContentType = TrafficView.Type;
        await context.Response.Body.WriteAsync(TrafficView.Write(job.Measures, job.View.Layers, job.Ranks, job.View.RanksPerNode));
    }

    private async Task EventsAsync(HttpContext context)
    {
        var job = Jobs[context.Request.Query["job"]!];
        var after = long.Parse(context.Request.Query["after"]!, System.Globalization.CultureInfo.InvariantCulture);
        context.Response.ContentType = "text/event-stream";
        while (!context.RequestAborted.IsCancellationRequested)
        {
            foreach (var e in job.Events.Where(e => e.Sequence > after).ToArray())
            {
                after = e.Sequence;
                await context.Response.WriteAsync($"id: {e.Sequence}\nevent: {e.Kind}\ndata: {JsonSerializer.Serialize(e, StrictJson.OneLine)}\n\n");
            }
            await context.Response.WriteAsync(": here\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(100);
        }
    }

    private static Task AnswerAsync(HttpContext context, object what) => AnswerAsync(context, StatusCodes.Status200OK, what);

    private static Task AnswerAsync(HttpContext context, int status, object what)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(what, StrictJson.OneLine));
    }
}
