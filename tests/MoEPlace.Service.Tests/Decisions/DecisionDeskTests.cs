using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.Faults;
using Xunit;

namespace MoEPlace.Service.Tests.Decisions;

/// <summary>Decisions one after another, of which one may fail or never end.</summary>
public sealed class DecisionDeskTests : IDisposable
{
    private const string Slow = "slow";
    private readonly TemporaryFolder folder = new();
    private readonly MadeRouting routing = new(1, ServiceSite.Model, ServiceSite.Cluster.Ranks);
    private readonly CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    // What never comes is waited for so long.
    public DecisionDeskTests() => limit.CancelAfter(TimeSpan.FromSeconds(30));

    private CancellationToken Limit => limit.Token;

    private string Database => $"sqlite:{folder.File("state.db")}";

    public void Dispose()
    {
        limit.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_decision_that_never_ends_is_given_up_with_its_job_or_after_a_time(bool removed)
    {
        var begun = new TaskCompletionSource();
        await using var site = new ServiceSite(Database, folder.File("scratch"))
        {
            Worker = async (input, trace, cancellation) =>
            {
                if (input.Job != Slow)
                    return await ServiceSite.DecideAsync(input, trace, cancellation);
                begun.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellation);
                throw new InvalidOperationException();
            },
        };
        await using var reader = await StateStore.OpenAsync(Database, cancellation: Limit);
        var clock = new HandClock();
        var service = (await site.StartAsync(clock)).Service;
        foreach (var job in new[] { Slow, FakeJob.Name })
        {
            await site.RegisterAsync(job, new LoopPolicy(), Limit);
            await service.TakeAsync(job, Frame(0), Limit);
            await service.PlanAsync(job, simulate: false, "test", Limit);
        }
        await begun.Task.WaitAsync(Limit);
        if (removed)
            await service.RemoveAsync(Slow, "test", Limit);
        else
            clock.Pass(TimeSpan.FromMinutes(10));
        while (await reader.DecisionAsync(FakeJob.Name, 1, Limit) is null)
            await Task.Delay(2, Limit);
        var failed = (await reader.EventsAsync(0, Slow, 100, Limit)).Where(e => e.Kind == "failed").Select(e => e.Text);
        Assert.Equal(removed ? [] : ["decision 1: it took longer than 10 min"], failed);
    }

    [Fact]
    public async Task A_drift_whose_decision_failed_waits_for_more_tokens()
    {
        await using var site = new ServiceSite(Database, folder.File("scratch"))
        {
            Worker = (_, _, _) => throw new IOException("no memory"),
        };
        var service = (await site.StartAsync()).Service;
        await site.RegisterAsync(FakeJob.Name, new LoopPolicy(WindowTokens: 256, RestTokens: 0), Limit);
        for (var frame = 0; frame < 40 && service.Job(FakeJob.Name).Decision == 0; frame++)
            await service.TakeAsync(FakeJob.Name, Frame(frame < 20 ? 0 : 1), Limit);
        while (service.Job(FakeJob.Name).Planning)
            await Task.Delay(2, Limit);
        Assert.Equal(1, service.Job(FakeJob.Name).Decision);
        await service.TakeAsync(FakeJob.Name, Frame(1), Limit);
        Assert.Equal(1, service.Job(FakeJob.Name).Decision);
        await service.TakeAsync(FakeJob.Name, Frame(1), Limit);
        Assert.Equal(2, service.Job(FakeJob.Name).Decision);
    }

    [Fact]
    public void A_report_tells_no_step_that_a_decision_would_refuse()
    {
        (double, bool)[] cases = [(0, false), (1e-10, false), (double.NaN, false), (1e-9, true), (86_400, true), (86_401, false)];
        foreach (var (seconds, allowed) in cases)
        {
            var report = new JobReport(
                1, 0, ServiceSite.From.Digest, JobAnswer.Serving, 0, 0, null, 0, 0, null, 0, 0, [seconds], [0], [false]);
            Assert.Equal(allowed, Record.Exception(report.Check) is null);
            using var trace = new TemporaryFolder();
            MadeDecision.Write(trace.File("t.safetensors"));
            using var window = MoEPlace.Traces.RoutingTrace.Open(trace.File("t.safetensors"));
            var input = MadeDecision.Input() with { StepSeconds = seconds };
            Assert.Equal(allowed, Record.Exception(() => input.Check(window)) is null);
        }
    }

    private Service.Routing.RoutedRows Frame(int topic) => routing.Next(32, 16, topic, 1);
}
