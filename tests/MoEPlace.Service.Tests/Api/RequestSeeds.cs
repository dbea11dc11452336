using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using MoEPlace.Service.Api;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.Routing;
using MoEPlace.Service.Tests.State;

namespace MoEPlace.Service.Tests.Api;

/// <summary>A valid request for each route, and some more for those that take much.</summary>
internal static class RequestSeeds
{
    /// <summary>The requests, by the bearer who may all.</summary>
    public static ImmutableArray<RawRequest> All { get; } = [.. ApiTable.Routes.Select(Of), Register(), Register(), Rows(), Report(), Of("/api/events?job=job&after=0")];

    private static RawRequest Of(ApiRoute route)
    {
        var target = route.Path
            .Replace("{job}", "job", StringComparison.Ordinal).Replace("{digest}", Samples.From.Digest, StringComparison.Ordinal)
            .Replace("{decision}", "1", StringComparison.Ordinal).Replace("{apply}", "1", StringComparison.Ordinal);
        var body = route.Path switch
        {
            "/api/jobs" when route.Body is not null => Register().Body,
            "/api/jobs/{job}/report" => Report().Body,
            "/api/jobs/{job}/rows" => Rows().Body,
            "/api/jobs/{job}/counts" => CountsFrame.Write(10, [10, 5, 5, 0, 2, 3, 4, 5], 2, 4),
            "/api/jobs/{job}/plans" => """{"simulate":true}"""u8.ToArray(),
            "/api/jobs/{job}/applies/{apply}/outcome" => """{"attempt":1,"done":false,"reason":"no room","stepSeconds":0.5}"""u8.ToArray(),
            _ => [],
        };
        return new RawRequest(route.Method, target, Headers(route.Body?.ContentType), body);
    }

    private static RawRequest Of(string target) => new("GET", target, Headers(null), []);

    private static RawRequest Register() => Post("/api/jobs", Samples.SpecOf(policy: new LoopPolicy()));

    private static RawRequest Report() => Post(
        "/api/jobs/job/report",
        new JobReport(7, 3, Samples.From.Digest, JobAnswer.Serving, 0, 0, null, 0, 0, 0.5, 10, 100, [0.25, 0.5], [3, 3], [false, true]));

    private static RawRequest Rows() => new(
        "POST", "/api/jobs/job/rows", Headers(ServiceClient.RowsType),
        RowsFrame.Write(new MadeRouting(1, Samples.Model, 2).Next(2, 3, 0, 4), Samples.Model.Layers, Samples.Model.TopK));

    private static RawRequest Post<T>(string target, T body) =>
        new("POST", target, Headers("application/json"), Encoding.UTF8.GetBytes(JsonSerializer.Serialize(body, StrictJson.OneLine)));

    private static string Headers(string? type) =>
        $"Host: 127.0.0.1\r\nAuthorization: Bearer {LiveService.Secrets[TokenRole.Apply]}\r\n{(type is null ? "" : $"Content-Type: {type}\r\n")}";
}
