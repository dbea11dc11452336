using System.Net;
using Microsoft.AspNetCore.Http;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>Decides who may ask for what, before anything is looked up or read.</summary>
/// <param name="tokens">The tokens of the configuration.</param>
internal sealed class ApiGate(TokenCheck tokens)
{
    private const string Local = "local";

    /// <summary>Lets a request through.</summary>
    /// <param name="http">The request.</param>
    /// <param name="route">What it asks for; null where there is no such thing, or it is the page.</param>
    /// <returns>Who asks.</returns>
    /// <exception cref="ApiRefusalException">It is not let through.</exception>
    public string Admit(HttpContext http, ApiRoute? route)
    {
        if (!tokens.Any && !IsLoopbackName(http.Request.Host.Host))
            throw new ApiRefusalException(StatusCodes.Status403Forbidden, "without tokens the service answers to names of this machine only");
        var guarded = route is null ? IsGuarded(http.Request.Path) : route.Role is not null;
        var caller = guarded ? Caller(http, route?.Role ?? TokenRole.Read) : Local;
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) && IsOfAnotherSite(http.Request))
            throw new ApiRefusalException(StatusCodes.Status403Forbidden, "pages of other sites may not change anything");
        return caller;
    }

    /// <summary>Whether a path is behind tokens whatever it leads to.</summary>
    public static bool IsGuarded(PathString path) => path.StartsWithSegments("/api") || path.StartsWithSegments("/metrics");

    private string Caller(HttpContext http, TokenRole role)
    {
        if (!tokens.Any)
            return Local;
        var header = http.Request.Headers.Authorization;
        var token = tokens.Find(header.Count == 1 ? header.ToString() : null);
        if (token is null)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            throw new ApiRefusalException(StatusCodes.Status401Unauthorized, "a bearer token is needed");
        }
        return token.Role >= role
            ? token.Name
            : throw new ApiRefusalException(
                StatusCodes.Status403Forbidden, $"the token may not do that: it takes the role {role.ToString().ToLowerInvariant()}");
    }

    private static bool IsOfAnotherSite(HttpRequest request)
    {
        var (origin, site) = (request.Headers.Origin, request.Headers["Sec-Fetch-Site"]);
        return origin.Count > 0 && !string.Equals(origin.ToString(), $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            || site.Count > 0 && site.ToString() is not ("same-origin" or "none");
    }

    private static bool IsLoopbackName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);
}
