using System.Collections.Immutable;
using System.Text;
using Microsoft.AspNetCore.Http;
using MoEPlace.Service.Client;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Api;

/// <summary>Decisions: have one made, look at them and at what they were made of.</summary>
internal static class DecisionRoutes
{
    private const int SmallBody = 4_096;
    private const int MostAtOnce = 1_000;

    /// <summary>The routes.</summary>
    public static ImmutableArray<ApiRoute> All { get; } =
    [
        new ApiRoute(
            "POST", "/api/jobs/{job}/plans", TokenRole.Submit, "Has a decision made in the background; answers the number that it will have.", PlanAsync)
        {
            Body = new ApiBody(ApiBody.Json, typeof(PlanRequest), Required: false, MostBytes: SmallBody),
            IsLogged = true,
        }.Gives<PlanReply>(),
        new ApiRoute("GET", "/api/jobs/{job}/decisions", TokenRole.Read, "Decisions of a job, the latest first.", ListAsync)
        {
            Queries = [new ApiQuery("most", "At most so many. Default: 20.", 1, MostAtOnce)],
        }.Gives<DecisionList>(),
        new ApiRoute("GET", "/api/jobs/{job}/decisions/{decision}", TokenRole.Read, "A decision with its reasons.", OneAsync).Gives<DecisionRow>(),
        new ApiRoute(
            "GET", "/api/jobs/{job}/decisions/{decision}/record", TokenRole.Read,
            "A decision with all that it was made of, to be replayed by `moeplace decide`.", RecordAsync) { ContentType = "application/zip" },
        new ApiRoute("GET", "/api/jobs/{job}/placements/{digest}", TokenRole.Read, "A placement of a job, by its digest.", PlacementAsync)
        {
            Shape = ExpertPlacementFile.ContentType,
            ContentType = ApiBody.Json,
        },
        new ApiRoute(
            "GET", "/api/jobs/{job}/placements/{digest}/map", TokenRole.Read, "The same as the file of the engine that runs the job.", MapAsync)
        {
            ContentType = "application/octet-stream",
        },
    ];

    private static async Task PlanAsync(ApiCall call)
    {
        var job = call.Job();
        var asked = await call.ReadAsync("plan", new PlanRequest()).ConfigureAwait(false);
        var number = await call.Service.PlanAsync(job, asked.Simulate, call.Caller, CancellationToken.None).ConfigureAwait(false);
        await call.JsonAsync(new PlanReply(number)).ConfigureAwait(false);
    }

    private static async Task ListAsync(ApiCall call)
    {
        var job = Known(call);
        var rows = await call.Service.State.DecisionsAsync(job, (int)call.Query("most", 20), call.Gone).ConfigureAwait(false);
        await call.JsonAsync(new DecisionList([.. rows])).ConfigureAwait(false);
    }

    private static async Task OneAsync(ApiCall call)
    {
        var row = await call.Service.State.DecisionAsync(Known(call), call.Number("decision"), call.Gone).ConfigureAwait(false);
        await call.JsonAsync(row ?? throw None("decision")).ConfigureAwait(false);
    }

    private static async Task RecordAsync(ApiCall call)
    {
        var (job, number) = (Known(call), call.Number("decision"));
        var record = await call.Service.State.DecisionRecordAsync(job, number, call.Gone).ConfigureAwait(false) ?? throw None("decision");
        call.Http.Response.Headers.ContentDisposition = $"attachment; filename=\"{job}-decision-{number}.zip\"";
        await call.BytesAsync(record, "application/zip").ConfigureAwait(false);
    }

    private static async Task PlacementAsync(ApiCall call)
    {
        var content = await call.Service.State.PlacementAsync(Known(call), call.Digest(), call.Gone).ConfigureAwait(false) ?? throw None("placement");
        await call.BytesAsync(Encoding.UTF8.GetBytes(content), "application/json; charset=utf-8").ConfigureAwait(false);
    }

    private static async Task MapAsync(ApiCall call)
    {
        var map = await call.Service.EngineMapAsync(Known(call), call.Digest(), call.Gone).ConfigureAwait(false);
        await call.BytesAsync(map, "application/octet-stream").ConfigureAwait(false);
    }

    private static string Known(ApiCall call)
    {
        var job = call.Job();
        call.Service.ShapeOf(job);
        return job;
    }

    private static ApiRefusalException None(string what) => new(StatusCodes.Status404NotFound, $"no such {what}");
}
