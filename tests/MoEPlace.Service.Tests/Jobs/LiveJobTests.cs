using System.Text.Json;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.Faults;
using Xunit;

namespace MoEPlace.Service.Tests.Jobs;

/// <summary>What is held of a job in memory.</summary>
public sealed class LiveJobTests
{
    private const long RestTokens = 3_072;
    private const int FrameTokens = 512;
    private readonly MadeRouting routing = new(1, ServiceSite.Model, ServiceSite.Cluster.Ranks);

    [Theory]
    [InlineData(ApplyPhase.Kept, false)]
    [InlineData(ApplyPhase.Returned, false)]
    [InlineData(ApplyPhase.Refused, true)]
    [InlineData(ApplyPhase.Failed, true)]
    public void An_alarm_outlives_an_apply_that_changed_nothing_and_is_taken_up_again_after_a_rest(ApplyPhase end, bool stands)
    {
        var job = Drifted();
        job.AlarmIsAnswered = true;
        job.Adopt(job.Record, AnApply(ApplyPhase.Asked), null);
        job.Adopt(job.Record, AnApply(end), null);
        Assert.Equal(stands, job.View.Drift.Alarm);
        for (var tokens = FrameTokens; tokens <= RestTokens; tokens += FrameTokens)
            Assert.Equal(stands && tokens == RestTokens, job.Take(Frame(1)));
    }

    [Fact]
    public void An_apply_is_verified_by_all_steps_that_are_kept()
    {
        var most = new LoopPolicy(VerificationSteps: DecodeTimes.Most);
        Assert.False(FaultsOf(most).Any);
        Assert.True(FaultsOf(most with { VerificationSteps = DecodeTimes.Most + 1 }).Any, "more steps than are kept can never come");
        var job = Job(most);
        // Four to warm up, then one too few; most of all are slow, the latest are quick.
        job.Take(Report(DecodeTimes.Most + 3, i => i < 700 ? 0.02 : 0.01));
        Assert.Null(job.VerifiedSeconds);
        job.Take(Report(1, _ => 0.01));
        Assert.Equal(0.02, job.VerifiedSeconds);
    }

    [Fact]
    public void What_a_decision_is_made_from_stays_as_it_was_while_more_comes()
    {
        using var folder = new TemporaryFolder();
        var job = Job(new LoopPolicy(WindowTokens: 3 * FrameTokens + 7));
        var twin = new RoutingWindow(ServiceSite.Model, job.Policy.WindowTokens);
        for (var frame = 0; frame < 6; frame++)
        {
            var (rows, more) = (Frame(frame), Frame(frame + 1));
            job.Take(rows);
            twin.Add(rows);
            var window = job.Snapshot()!.Value.Window;
            job.Take(more);
            Assert.Equal(Written(twin), Written(window));
            twin.Add(more);
        }
        int[] counts = [5, 6, 7, 8, 8, 7, 6, 5, 1, 9, 2, 14];
        (job, twin) = (Job(job.Policy), new RoutingWindow(ServiceSite.Model, job.Policy.WindowTokens));
        job.Take(13, counts);
        twin.Add(13, counts);
        var ofCounts = job.Snapshot()!.Value.Window;
        job.Take(13, counts);
        Assert.Equal(Written(twin), Written(ofCounts));

        byte[] Written(RoutingWindow of)
        {
            of.WriteTrace(folder.File("t.safetensors"), "job", 1);
            return File.ReadAllBytes(folder.File("t.safetensors"));
        }
    }

    private static InputFaults FaultsOf(LoopPolicy policy)
    {
        var faults = new InputFaults("job");
        policy.Check(faults);
        return faults;
    }

    private static JobReport Report(int steps, Func<int, double> seconds) => new(
        1, 0, ServiceSite.From.Digest, JobAnswer.Serving, 0, 0, null, 0, 0, null, 0, 0, [.. Enumerable.Range(0, steps).Select(seconds)],
        [.. Enumerable.Repeat(0, steps)], [.. Enumerable.Repeat(false, steps)]);

    private static Apply AnApply(ApplyPhase phase) => new(
        FakeJob.Name, 1, 1, "policy", ServiceSite.From.Digest, ServiceSite.To.Digest, 0, phase, 1, 1, 4_096, null, null, null, null, 0,
        ServiceSite.From.Digest, "", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    private static LiveJob Job(LoopPolicy policy)
    {
        var content = JsonSerializer.Deserialize<JsonElement>(ExpertPlacementFile.ToJson(ServiceSite.From));
        var spec = new JobSpec(FakeJob.Name, ServiceSite.Model, ServiceSite.Cluster, content, Policy: policy);
        var record = new JobRecord(spec, 0, ServiceSite.From.Digest, null, DateTimeOffset.UnixEpoch);
        return new LiveJob(record, ServiceSite.From, null, 0, TimeProvider.System);
    }

    private LiveJob Drifted()
    {
        var job = Job(new LoopPolicy(WindowTokens: 256, RestTokens: RestTokens));
        for (var frame = 0; frame < 20; frame++)
            Assert.False(job.Take(Frame(0)));
        for (var frame = 0; !job.Take(Frame(1)); frame++)
            Assert.True(frame < 20, "no drift was seen");
        return job;
    }

    private RoutedRows Frame(int topic) => routing.Next(32, FrameTokens / 32, topic, 1);
}
