using System.Collections.Immutable;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>One thing that can be asked of the service: what is served, guarded, measured and documented is this, once.</summary>
/// <param name="Method">GET, POST or DELETE.</param>
/// <param name="Path">With its parameters in braces.</param>
/// <param name="Role">What the bearer must be allowed; null where no token is needed.</param>
/// <param name="Summary">What it does, in a sentence.</param>
/// <param name="Answer">Does it.</param>
internal sealed record ApiRoute(string Method, string Path, TokenRole? Role, string Summary, Func<ApiCall, Task> Answer)
{
    /// <summary>What the request carries; null for nothing.</summary>
    public ApiBody? Body { get; init; }

    /// <summary>Parameters behind the question mark.</summary>
    public ImmutableArray<ApiQuery> Queries { get; init; } = [];

    /// <summary>Headers that it looks at, beside those that every route does.</summary>
    public ImmutableArray<ApiQuery> Headers { get; init; } = [];

    /// <summary>What the answer is made of; null for bytes, or for nothing where there is no content type.</summary>
    public Type? Shape { get; init; }

    /// <summary>The content type of the answer; null for none.</summary>
    public string? ContentType { get; init; }

    /// <summary>Whether every call is told in the log; what comes many times a second is not.</summary>
    public bool IsLogged { get; init; }

    /// <summary>Whether it is answered however many requests there are at once: what is asked to learn how the service is.</summary>
    public bool IsAlwaysAnswered { get; init; }

    /// <summary>That it answers with JSON.</summary>
    public ApiRoute Gives<T>() => this with { Shape = typeof(T), ContentType = ApiBody.Json };
}
