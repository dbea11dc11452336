using System.Text.Json;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Client;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>The life of a job over HTTP.</summary>
public sealed class JobRouteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_registered_fed_planned_applied_and_removed()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        var spec = Samples.SpecOf() with { Policy = new LoopPolicy(WindowTokens: 256, SearchIterations: 2_000) };
        Assert.Equal("job", (await client.RegisterAsync(spec, Cancellation)).Name);
        await client.PostAsync("api/jobs/job/rows", Rows(512), ServiceClient.RowsType, Cancellation);
        Assert.Equal(512, (await client.GetAsync<JobList>("api/jobs", Cancellation)).Jobs.Single().Tokens);
        var traffic = await client.GetBytesAsync("api/jobs/job/traffic", Cancellation);
        Assert.Equal("MPT1"u8.ToArray(), traffic[..4]);
        Assert.Equal(24 + 2 * 2 * 4 + 2 * 2 * 4, traffic.Length);

        var plan = await client.PostAsync<PlanReply>("api/jobs/job/plans", new PlanRequest(), Cancellation);
        Assert.Equal(1, plan.Decision);
        while ((await client.GetAsync<JobView>("api/jobs/job", Cancellation)).Planning)
            await Task.Delay(20, Cancellation);
        var row = await client.GetAsync<DecisionRow>("api/jobs/job/decisions/1", Cancellation);
        Assert.Equal(row.Decision.Digest, (await client.GetAsync<DecisionList>("api/jobs/job/decisions?most=1", Cancellation)).Decisions.Single().Decision.Digest);
        var record = await client.GetBytesAsync("api/jobs/job/decisions/1/record", Cancellation);
        var (onRecord, again) = DecisionRecord.Replay(record, "record", Cancellation);
        Assert.Equal(onRecord, again);

        Assert.NotNull(row.Decision.Digest);
        var apply = await client.PostAsync<Apply>("api/jobs/job/decisions/1/apply", null, Cancellation);
        Assert.Equal((row.Decision.Digest, "local", ApplyPhase.Asked), (apply.To, apply.By, apply.Phase));
        Assert.Equal(apply.To, (await client.PlacementAsync("job", apply.To, Cancellation)).Digest);
        var reply = await client.ReportAsync("job", Report(), Cancellation);
        Assert.Equal((1, 1, apply.To), (reply.Wish!.Apply, reply.Wish.Attempt, reply.Wish.Placement));
        Assert.Equal(2, (await client.PostAsync<Apply>("api/jobs/job/rollback", null, Cancellation)).Attempt);
        var early = await Assert.ThrowsAnyAsync<IOException>(() => client.DeleteAsync("api/jobs/job", Cancellation));
        Assert.Contains("roll it back", early.Message, StringComparison.Ordinal);
        Assert.Null((await client.ReportAsync("job", Report(), Cancellation)).Wish);
        Assert.Single((await client.GetAsync<ApplyList>("api/jobs/job/applies", Cancellation)).Applies);
        _ = await client.GetAsync<SampleList>("api/jobs/job/history", Cancellation);
        await client.DeleteAsync("api/jobs/job", Cancellation);
        Assert.Empty((await client.GetAsync<JobList>("api/jobs", Cancellation)).Jobs);
    }

    [Fact]
    public async Task Counts_come_in_binary_and_are_looked_at()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf(), Cancellation);
        await client.PostAsync("api/jobs/job/counts", CountsFrame.Write(10, [10, 5, 5, 0, 2, 3, 4, 5], 2, 4), ServiceClient.CountsType, Cancellation);
        var view = await client.GetAsync<JobView>("api/jobs/job", Cancellation);
        Assert.Equal((10L, (double?)null), (view.Tokens, view.GpuCrossing));
    }

    [Fact]
    public async Task Rows_come_as_a_stream_of_frames_and_those_before_a_fault_are_kept()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf(), Cancellation);
        byte[] two = [.. Rows(8), .. Rows(4)];
        Assert.Equal(204, (await live.SendAsync("POST", "api/jobs/job/rows", Stream(two))).Status);
        var cut = await live.SendAsync("POST", "api/jobs/job/rows", Stream([.. Rows(16), .. Rows(4)[..^1]]));
        Assert.Equal(400, cut.Status);
        Assert.Contains("as its head says", cut.Body, StringComparison.Ordinal);
        Assert.Equal(12 + 16, live.Service.Job("job").Tokens);

        // Chunked: its length is not told.
        static HttpContent Stream(byte[] bytes)
        {
            var content = new StreamContent(new MemoryStream(bytes));
            content.Headers.ContentType = new(ServiceClient.RowsType);
            content.Headers.ContentLength = null;
            return content;
        }
    }

    [Fact]
    public async Task Every_fault_of_what_is_sent_is_told_at_once()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        var bad = Samples.SpecOf() with { Name = "No Name", Policy = new LoopPolicy(WindowTokens: 1, LeastGain: 2), Webhook = "none" };
        var faults = (await Assert.ThrowsAsync<InputException>(() => client.RegisterAsync(bad, Cancellation))).Faults;
        Assert.Equal(["name", "webhook", "policy.windowTokens", "policy.leastGain"], faults.Select(fault => fault.Field));
        var shape = await live.SendAsync("POST", "api/jobs", LiveService.Json("""{"name":1,"modle":{}}"""));
        Assert.Equal(400, shape.Status);
        var problem = JsonSerializer.Deserialize<Problem>(shape.Body, StrictJson.OneLine)!;
        Assert.Equal(["name", "modle", "model", "cluster", "placement"], problem.Faults!.Value.Select(fault => fault.Field));
        var query = await live.SendAsync("GET", "api/events?after=-1&x=1&job=A");
        Assert.Equal(["after", "x", "job"], JsonSerializer.Deserialize<Problem>(query.Body, StrictJson.OneLine)!.Faults!.Value.Select(fault => fault.Field));
    }

    [Theory]
    [InlineData("GET", "api/jobs/none", 404)]
    [InlineData("GET", "api/jobs/NONE", 404)]
    [InlineData("GET", "api/jobs/..%2f..%2fetc%2fpasswd", 404)]
    [InlineData("GET", "api/jobs/job/decisions/1", 404)]
    [InlineData("GET", "api/jobs/job/decisions/0", 404)]
    [InlineData("GET", "api/jobs/job/decisions/99999999999", 404)]
    [InlineData("GET", "api/jobs/job/placements/..%2f..%2fstate.db", 404)]
    [InlineData("GET", "api/jobs/job/placements/0000000000000000000000000000000000000000000000000000000000000000", 404)]
    [InlineData("GET", "api/nothing", 404)]
    [InlineData("GET", "nothing", 404)]
    [InlineData("PUT", "api/jobs", 405)]
    [InlineData("DELETE", "health/live", 405)]
    [InlineData("POST", "api/jobs/job/rollback", 409)]
    [InlineData("POST", "api/jobs/job/decisions/1/apply", 404, 409)]
    [InlineData("GET", "api/jobs/job/decisions?most=0", 400)]
    [InlineData("GET", "api/jobs/job/decisions?most=2&most=3", 400)]
    [InlineData("GET", "api/jobs?most=1", 400)]
    public async Task What_is_not_there_or_not_allowed_is_told_as_a_problem(string method, string path, params int[] statuses)
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf(), Cancellation);
        var (status, body, answer) = await live.SendAsync(method, path);
        Assert.Contains(status, statuses);
        Assert.NotEmpty(JsonSerializer.Deserialize<Problem>(body, StrictJson.OneLine)!.Message);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        if (status == 405)
            Assert.NotEmpty(answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_body_of_another_type_length_or_kind_is_refused_for_what_it_is()
    {
        await using var live = await LiveService.StartAsync(new(Listen: "http://127.0.0.1:0", MostBodyBytes: 4_096));
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf(), Cancellation);
        Assert.Equal(415, (await live.SendAsync("POST", "api/jobs", new StringContent("{}"))).Status);
        Assert.Equal(415, (await live.SendAsync("POST", "api/jobs/job/counts", LiveService.Json("{}"))).Status);
        Assert.Equal(413, (await live.SendAsync("POST", "api/jobs", LiveService.Json(new string(' ', 5_000)))).Status);
        Assert.Equal(413, (await live.SendAsync("POST", "api/jobs/job/plans", LiveService.Json(new string(' ', 4_097)))).Status);
        Assert.Equal(400, (await live.SendAsync("POST", "api/jobs/job/counts", LiveService.Bytes(new byte[10], ServiceClient.CountsType))).Status);
        var chunked = new StreamContent(new Unseekable([1, 2, 3]));
        chunked.Headers.ContentType = new(ServiceClient.CountsType);
        Assert.Equal(411, (await live.SendAsync("POST", "api/jobs/job/counts", chunked)).Status);
        var great = await live.SendAsync("POST", "api/jobs/job/rows", LiveService.Bytes(Rows(512), ServiceClient.RowsType));
        Assert.Equal(400, great.Status);
        Assert.Contains("send fewer rows", great.Body, StringComparison.Ordinal);
    }

    private static byte[] Rows(int rows) => RowsFrame.Write(
        new MadeRouting(1, Samples.Model, 2).Next(4, rows / 4, 0, 4), Samples.Model.Layers, Samples.Model.TopK);

    private static JobReport Report() => new(1, 0, Samples.From.Digest, JobAnswer.Serving, 0, 0, null, 0, 0, null, 1, 1, [0.02], [0], [false]);

    /// <summary>A stream that does not know how long it is.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
