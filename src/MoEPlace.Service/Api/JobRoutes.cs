using System.Collections.Immutable;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>Jobs: which there are, how they stand, and what they report.</summary>
internal static class JobRoutes
{
    private const int MostReportBytes = 1 << 20;

    /// <summary>The routes.</summary>
    public static ImmutableArray<ApiRoute> All { get; } =
    [
        new ApiRoute("GET", "/api/jobs", TokenRole.Read, "All jobs.", call => call.JsonAsync(new JobList([.. call.Service.Jobs()]))).Gives<JobList>(),
        new ApiRoute("POST", "/api/jobs", TokenRole.Submit, "Registers a job; one that is registered alike goes on as it is.", RegisterAsync)
        {
            Body = new ApiBody(ApiBody.Json, typeof(JobSpec)),
            IsLogged = true,
        }.Gives<JobView>(),
        new ApiRoute("GET", "/api/jobs/{job}", TokenRole.Read, "A job as it stands.", call => call.JsonAsync(call.Service.Job(call.Job()))).Gives<JobView>(),
        new ApiRoute("DELETE", "/api/jobs/{job}", TokenRole.Apply, "Removes a job.", RemoveAsync) { IsLogged = true }.Gives<Nothing>(),
        new ApiRoute("POST", "/api/jobs/{job}/report", TokenRole.Submit, "Takes what a job tells of itself; answers what is wished of it.", ReportAsync)
        {
            Body = new ApiBody(ApiBody.Json, typeof(JobReport), MostBytes: MostReportBytes),
        }.Gives<ReportReply>(),
        new ApiRoute(
            "GET", "/api/jobs/{job}/history", TokenRole.Read, "The latest samples of a job, about one a second, oldest first.",
            call => call.JsonAsync(new SampleList([.. call.Service.History(call.Job())]))).Gives<SampleList>(),
    ];

    private static async Task RegisterAsync(ApiCall call)
    {
        var spec = await call.ReadAsync<JobSpec>("job").ConfigureAwait(false);
        await call.JsonAsync(await call.Service.RegisterAsync(spec, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task RemoveAsync(ApiCall call)
    {
        await call.Service.RemoveAsync(call.Job(), call.Caller, CancellationToken.None).ConfigureAwait(false);
        await call.JsonAsync(new Nothing()).ConfigureAwait(false);
    }

    private static async Task ReportAsync(ApiCall call)
    {
        var job = call.Job();
        var report = await call.ReadAsync<JobReport>("report").ConfigureAwait(false);
        report.Check();
        await call.JsonAsync(await call.Service.ReportAsync(job, report, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);
    }
}
