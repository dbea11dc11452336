using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Api;

/// <summary>One request: what it asks with, and how it is answered.</summary>
/// <param name="http">The request and its answer.</param>
/// <param name="route">What is asked.</param>
/// <param name="context">What the service is made of.</param>
/// <param name="caller">Who asks.</param>
internal sealed class ApiCall(HttpContext http, ApiRoute route, ApiContext context, string caller)
{
    /// <summary>The request and its answer.</summary>
    public HttpContext Http { get; } = http;

    /// <summary>What the service is made of.</summary>
    public ApiContext Context { get; } = context;

    /// <summary>The service.</summary>
    public PlacementService Service => Context.Service;

    /// <summary>Who asks: the name of a token, or <c>local</c>.</summary>
    public string Caller { get; } = caller;

    /// <summary>Cancelled when whoever asks is gone.</summary>
    public CancellationToken Gone => Http.RequestAborted;

    /// <summary>The job that is named.</summary>
    /// <exception cref="JobNotFoundException">The text cannot name one.</exception>
    public string Job()
    {
        var name = Value("job");
        return JobSpec.IsName(name) ? name : throw new JobNotFoundException("no such job");
    }

    /// <summary>A number that is named, from 1.</summary>
    /// <exception cref="ApiRefusalException">The text is none.</exception>
    public int Number(string name) =>
        int.TryParse(Value(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1
            ? number
            : throw new ApiRefusalException(StatusCodes.Status404NotFound, $"no such {name}");

    /// <summary>The digest of a placement that is named.</summary>
    /// <exception cref="ApiRefusalException">The text is none.</exception>
    public string Digest()
    {
        var digest = Value("digest");
        return digest.Length == 64 && digest.All(char.IsAsciiHexDigitLower)
            ? digest
            : throw new ApiRefusalException(StatusCodes.Status404NotFound, "no such placement");
    }

    /// <summary>A parameter behind the question mark; null where it is missing.</summary>
    public string? Query(string name) => Http.Request.Query[name] is [var text] ? text : null;

    /// <summary>A number behind the question mark.</summary>
    public long Query(string name, long fallback) =>
        Query(name) is { } text ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : fallback;

    /// <summary>Checks whatever is the same for every route before it is asked.</summary>
    /// <exception cref="InputException">A parameter behind the question mark does not hold; every fault is told.</exception>
    /// <exception cref="ApiRefusalException">What it carries is of another content type.</exception>
    public void Check()
    {
        var faults = new InputFaults("query");
        foreach (var (name, values) in Http.Request.Query)
        {
            var known = route.Queries.FirstOrDefault(query => query.Name == name);
            if (known is null)
                faults.Add(name, values.ToString(), route.Queries.IsEmpty ? "no parameters" : string.Join(", ", route.Queries.Select(q => q.Name)));
            else
                faults.Require(values is [{ } text] && known.Fits(text), name, values.ToString(), known.Allowed);
        }
        faults.ThrowIfAny();
        if (route.Body is not { } body || IsEmpty() && !body.Required)
            return;
        var type = Http.Request.ContentType?.Split(';')[0].Trim();
        if (!string.Equals(type, body.ContentType, StringComparison.OrdinalIgnoreCase))
            throw new ApiRefusalException(StatusCodes.Status415UnsupportedMediaType, $"the body must be {body.ContentType}");
        if (body.MostBytes is { } most && Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = Math.Min(most, Context.Options.MostBodyBytes);
    }

    /// <summary>Reads the JSON that it carries; <paramref name="fallback"/> where it may be missing and is.</summary>
    /// <exception cref="InputException">It is not what it should be; every fault is told.</exception>
    public async Task<T> ReadAsync<T>(string name, T? fallback = null)
        where T : class
    {
        if (fallback is not null && IsEmpty())
            return fallback;
        var bytes = await Context.Bodies.ReadAsync(Http.Request.Body, route.Body!.MostBytes, Gone).ConfigureAwait(false);
        return StrictJson.Parse<T>(bytes, name);
    }

    /// <summary>Answers with JSON.</summary>
    public Task JsonAsync<T>(T value) =>
        BytesAsync(JsonSerializer.SerializeToUtf8Bytes(value, StrictJson.OneLine), "application/json; charset=utf-8");

    /// <summary>Answers with bytes.</summary>
    public async Task BytesAsync(ReadOnlyMemory<byte> bytes, string contentType)
    {
        Http.Response.ContentType = contentType;
        Http.Response.ContentLength = bytes.Length;
        await Http.Response.Body.WriteAsync(bytes, Gone).ConfigureAwait(false);
    }

    /// <summary>Answers that it was done, with nothing more.</summary>
    public Task NothingAsync()
    {
        Http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private string Value(string name) => Http.Request.RouteValues[name] as string ?? "";

    private bool IsEmpty() =>
        Http.Request.ContentLength == 0 || Http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };
}
