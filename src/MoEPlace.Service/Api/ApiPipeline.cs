using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Api;

/// <summary>What every request goes through: it is counted, let in, answered, and whatever goes wrong is told as a <see cref="Problem"/>.</summary>
/// <param name="context">What the service is made of.</param>
/// <param name="gate">Who may ask for what.</param>
/// <param name="log">Where it is told.</param>
/// <param name="mostAtOnce">Requests at once, but for those that tell how the service is.</param>
internal sealed class ApiPipeline(ApiContext context, ApiGate gate, ILogger log, int mostAtOnce = 2_048)
{
    private int atOnce;

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        var began = Stopwatch.GetTimestamp();
        var route = http.GetEndpoint()?.Metadata.GetMetadata<ApiRoute>();
        var (method, caller) = (route?.Method ?? "other", "nobody");
        using var trace = route is null ? null : context.Metrics.Traces.StartActivity($"{route.Method} {route.Path}", ActivityKind.Server);
        Harden(http.Response);
        try
        {
            if (Interlocked.Increment(ref atOnce) > mostAtOnce && route is not { IsAlwaysAnswered: true })
                throw new ApiRefusalException(StatusCodes.Status429TooManyRequests, $"more than {mostAtOnce} requests at once");
            caller = gate.Admit(http, route);
            if (http.Request.Path.StartsWithSegments("/api") && !context.Service.Leads)
                throw new LeadershipLostException("another instance leads");
            if (route is null)
                await OtherAsync(http, next).ConfigureAwait(false);
            else
                await RouteAsync(http, route, caller).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(http, e, route).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref atOnce);
            var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var status = http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted ? 499 : http.Response.StatusCode;
            trace?.SetTag("http.response.status_code", status);
            context.Metrics.Answered(method, route?.Path ?? "other", status, took);
            if (route is { IsLogged: true })
                ServiceLog.Asked(log, method, route.Path, JobOf(http), caller, status, took);
        }
    }

    private async Task RouteAsync(HttpContext http, ApiRoute route, string caller)
    {
        if (ApiGate.IsGuarded(http.Request.Path))
            http.Response.Headers.CacheControl = "no-store";
        var call = new ApiCall(http, route, context, caller);
        call.Check();
        await route.Answer(call).ConfigureAwait(false);
    }

    /// <summary>What is no route of the table: the page, or nothing.</summary>
    private static async Task OtherAsync(HttpContext http, RequestDelegate next)
    {
        await next(http).ConfigureAwait(false);
        if (http.Response is { HasStarted: false, StatusCode: >= 400 and var status, ContentLength: null })
        {
            var why = status == StatusCodes.Status405MethodNotAllowed ? "the method is not allowed here" : "there is no such thing here";
            await WriteAsync(http, status, new Problem(why)).ConfigureAwait(false);
        }
    }

    /// <summary>What may be told of the job that is named: nothing where it could be anything else, a token for example.</summary>
    private static string JobOf(HttpContext http) => http.Request.RouteValues["job"] is string job && JobSpec.IsName(job) ? job : "";

    private async Task FailAsync(HttpContext http, Exception cause, ApiRoute? route)
    {
        if (http.RequestAborted.IsCancellationRequested)
            return;
        var (status, problem) = Explain(cause);
        if (status >= 500 && status != StatusCodes.Status503ServiceUnavailable)
            ServiceLog.Broke(log, cause, route?.Method ?? "other", route?.Path ?? "other");
        else if (status == StatusCodes.Status503ServiceUnavailable && cause is IOException)
            ServiceLog.Unreachable(log, route?.Method ?? "other", route?.Path ?? "other", cause.Message);
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }
        var challenge = http.Response.Headers.WWWAuthenticate;
        http.Response.Clear();
        http.Response.Headers.WWWAuthenticate = challenge;
        Harden(http.Response);
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
            http.Response.Headers.RetryAfter = "1";
        await WriteAsync(http, status, problem).ConfigureAwait(false);
    }

    private static (int Status, Problem Problem) Explain(Exception cause) => cause switch
    {
        InputException bad => (StatusCodes.Status400BadRequest, new Problem("what was sent does not hold", bad.Faults)),
        ApiRefusalException refusal => (refusal.Status, new Problem(refusal.Message)),
        JobNotFoundException => (StatusCodes.Status404NotFound, new Problem(cause.Message)),
        ConflictException => (StatusCodes.Status409Conflict, new Problem(cause.Message)),
        LeadershipLostException => (StatusCodes.Status503ServiceUnavailable, new Problem("another instance leads")),
        BadHttpRequestException bad => (bad.StatusCode, new Problem(Plain(bad.StatusCode))),
        EndOfStreamException => (StatusCodes.Status400BadRequest, new Problem("the body ends too early")),
        IOException => (StatusCodes.Status503ServiceUnavailable, new Problem("the state of the service cannot be reached now; ask again")),
        _ => (StatusCodes.Status500InternalServerError, new Problem("a fault of the service; its log tells more")),
    };

    private static void Harden(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }

    private static string Plain(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => "the body comes too slowly",
        StatusCodes.Status413PayloadTooLarge => "the body is too long",
        _ => "this is not HTTP as it should be",
    };

    private static async Task WriteAsync(HttpContext http, int status, Problem problem)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(problem, StrictJson.OneLine);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
    }
}
