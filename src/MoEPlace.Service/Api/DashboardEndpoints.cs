using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace MoEPlace.Service.Api;

/// <summary>
/// The dashboard: a page and what it is made of, the same for everybody. It holds no data and wants no token; what it shows it asks for by the API.
/// Its policy lets the browser load nothing from anywhere else, and run no script but these.
/// </summary>
internal static class DashboardEndpoints
{
    private const string Folder = "Dashboard/";
    private const string Page = "index.html";
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, Asset> Assets = typeof(DashboardEndpoints).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Folder.Length..], Read, StringComparer.Ordinal);

    /// <summary>Serves <c>/</c> and <c>/assets/NAME</c>.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpContext context) => SendAsync(context, Assets[Page])).ExcludeFromDescription();
        routes.MapGet("/assets/{name}", (HttpContext context, string name) =>
            name != Page && Assets.TryGetValue(name, out var asset) ? SendAsync(context, asset) : NoneAsync(context)).ExcludeFromDescription();
    }

    private static Task SendAsync(HttpContext context, Asset asset)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // Kept, but asked after: another version of the service has other scripts under the same names.
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = asset.Tag;
        if (StringValues.Equals(request.Headers[HeaderNames.IfNoneMatch], asset.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        response.ContentType = asset.Type;
        response.ContentLength = asset.Content.Length;
        return response.Body.WriteAsync(asset.Content, context.RequestAborted).AsTask();
    }

    private static Task NoneAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static Asset Read(string name)
    {
        using var stream = typeof(DashboardEndpoints).Assembly.GetManifestResourceStream(name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new Asset(content, $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}\"", Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        });
    }

    private sealed record Asset(byte[] Content, string Tag, string Type);
}
