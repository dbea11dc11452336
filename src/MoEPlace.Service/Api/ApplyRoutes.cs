using System.Collections.Immutable;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>Applies: begin one, turn one back, look at them.</summary>
internal static class ApplyRoutes
{
    private const int SmallBody = 4_096;
    private const int MostAtOnce = 1_000;

    /// <summary>The routes.</summary>
    public static ImmutableArray<ApiRoute> All { get; } =
    [
        new ApiRoute("POST", "/api/jobs/{job}/decisions/{decision}/apply", TokenRole.Apply, "Applies the plan of a decision.", BeginAsync)
        {
            IsLogged = true,
        }.Gives<Apply>(),
        new ApiRoute(
            "POST", "/api/jobs/{job}/rollback", TokenRole.Apply,
            "Goes back to the placement before: turns the apply that is under way, or begins one back.", RollBackAsync) { IsLogged = true }.Gives<Apply>(),
        new ApiRoute("GET", "/api/jobs/{job}/applies", TokenRole.Read, "Applies of a job, the latest first.", ListAsync)
        {
            Queries = [new ApiQuery("most", "At most so many. Default: 20.", 1, MostAtOnce)],
        }.Gives<ApplyList>(),
        new ApiRoute(
            "POST", "/api/jobs/{job}/applies/{apply}/outcome", TokenRole.Submit, "What the operator of another engine tells of an apply.", ToldAsync)
        {
            Body = new ApiBody(ApiBody.Json, typeof(EngineOutcome), MostBytes: SmallBody),
            IsLogged = true,
        }.Gives<Apply>(),
    ];

    private static async Task BeginAsync(ApiCall call)
    {
        var (job, decision) = (call.Job(), call.Number("decision"));
        var apply = await call.Service.ApplyAsync(job, decision, call.Caller, CancellationToken.None).ConfigureAwait(false);
        await call.JsonAsync(apply).ConfigureAwait(false);
    }

    private static async Task RollBackAsync(ApiCall call)
    {
        var apply = await call.Service.RollBackAsync(call.Job(), call.Caller, CancellationToken.None).ConfigureAwait(false);
        await call.JsonAsync(apply).ConfigureAwait(false);
    }

    private static async Task ListAsync(ApiCall call)
    {
        var job = call.Job();
        call.Service.ShapeOf(job);
        var applies = await call.Service.State.AppliesAsync(job, (int)call.Query("most", 20), call.Gone).ConfigureAwait(false);
        await call.JsonAsync(new ApplyList([.. applies])).ConfigureAwait(false);
    }

    private static async Task ToldAsync(ApiCall call)
    {
        var (job, apply) = (call.Job(), call.Number("apply"));
        var outcome = await call.ReadAsync<EngineOutcome>("outcome").ConfigureAwait(false);
        var faults = new InputFaults("outcome");
        faults.Require(outcome.StepSeconds is null or (>= 0 and <= 86_400), "stepSeconds", outcome.StepSeconds, "0 to 86,400");
        faults.ThrowIfAny();
        await call.JsonAsync(await call.Service.ToldAsync(job, apply, outcome, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
    }
}
