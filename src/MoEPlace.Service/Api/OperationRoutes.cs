using System.Collections.Immutable;
using System.Text;
using Microsoft.AspNetCore.Http;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>What those ask who run the service: whether it lives and leads, what is measured of it, and what it can be asked.</summary>
internal static class OperationRoutes
{
    /// <summary>The routes.</summary>
    public static ImmutableArray<ApiRoute> All { get; } =
    [
        new ApiRoute("GET", "/health/live", null, "Whether the process answers.", call => call.JsonAsync(new Nothing()))
        {
            IsAlwaysAnswered = true,
        }.Gives<Nothing>(),
        new ApiRoute("GET", "/health/ready", null, "Whether this instance leads; 503 where another does, or when it stops.", ReadyAsync)
        {
            IsAlwaysAnswered = true,
        }.Gives<Nothing>(),
        new ApiRoute("GET", "/metrics", TokenRole.Read, "What is measured of the service, in the text format of Prometheus.", MetricsAsync)
        {
            ContentType = PrometheusText.ContentType,
            IsAlwaysAnswered = true,
        },
        new ApiRoute(
            "GET", "/openapi/v1.json", null, "This document.",
            call => call.BytesAsync(OpenApiDocument.Bytes, "application/json; charset=utf-8")).Gives<object>(),
    ];

    private static Task ReadyAsync(ApiCall call) =>
        call.Service.Leads && !call.Context.Stopping.IsCancellationRequested
            ? call.JsonAsync(new Nothing())
            : throw new ApiRefusalException(StatusCodes.Status503ServiceUnavailable, "this instance does not lead");

    private static Task MetricsAsync(ApiCall call) =>
        call.BytesAsync(Encoding.UTF8.GetBytes(call.Context.Metrics.Text()), PrometheusText.ContentType);
}
