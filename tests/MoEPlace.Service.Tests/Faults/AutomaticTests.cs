using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;
using Xunit;

namespace MoEPlace.Service.Tests.Faults;

/// <summary>The whole loop by policy: traffic of one kind, then of another, and a job that follows.</summary>
public sealed class AutomaticTests : IDisposable
{
    private static readonly LoopPolicy Policy = new(LoopMode.Automatic, WindowTokens: 256, VerificationSteps: 4);
    private readonly TemporaryFolder folder = new();
    private readonly CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    // What never comes is waited for so long.
    public AutomaticTests() => limit.CancelAfter(TimeSpan.FromSeconds(30));

    private CancellationToken Limit => limit.Token;

    private string Database => $"sqlite:{folder.File("state.db")}";

    public void Dispose()
    {
        limit.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_drift_is_seen_and_decided_and_its_plan_applied_and_kept()
    {
        await using var site = new ServiceSite(Database, folder.File("scratch"));
        await using var reader = await StateStore.OpenAsync(Database, cancellation: Limit);
        var service = (await site.StartAsync()).Service;
        var apply = await RunAsync(site, reader);
        Assert.Equal((ApplyPhase.Kept, 1, "policy", ServiceSite.To.Digest), (apply.Phase, apply.Decision, apply.By, apply.InForce));
        var told = await reader.EventsAsync(0, FakeJob.Name, 100, Limit);
        Assert.Equal(["registered", "drift", "decided", "asked", "moving", "verifying", "kept"], told.Select(e => e.Kind).Distinct());
        Assert.False(service.Job(FakeJob.Name).Drift.Alarm, "what is routed now is what the new placement was made for");
    }

    [Fact]
    public async Task Who_takes_over_applies_once_what_was_decided_before_its_apply_was_on_record()
    {
        await using var site = new ServiceSite(Database, folder.File("scratch"));
        await using var reader = await StateStore.OpenAsync(Database, cancellation: Limit);
        var first = await site.StartAsync();
        site.Strike = async (instance, point) =>
        {
            if (instance != first || point != ServicePoint.BeforeAsked)
                return;
            site.Replace(instance);
            await Task.Delay(Timeout.Infinite);
        };
        var apply = await RunAsync(site, reader, async () =>
        {
            await site.MustAsync<Apply>(service => service.RollBackAsync(FakeJob.Name, "test", CancellationToken.None)!, Limit);
            await EndedAsync(reader, 2);
            // In force is again what was decided from; yet it was applied.
            site.ReplaceAny();
            await site.MustAsync<JobView>(service => Task.FromResult<JobView?>(service.Job(FakeJob.Name)), Limit);
        });
        Assert.Equal((ApplyPhase.Kept, 1, "policy"), (apply.Phase, apply.Decision, apply.By));
        Assert.Equal([2, 1], (await reader.AppliesAsync(FakeJob.Name, 9, Limit)).Select(one => one.Number));
    }

    /// <summary>Traffic of a kind, then of another, until an apply has ended; then what else.</summary>
    /// <returns>The first apply.</returns>
    private async Task<Apply> RunAsync(ServiceSite site, StateStore reader, Func<Task>? then = null)
    {
        await site.RegisterAsync(FakeJob.Name, Policy, Limit);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        var living = new FakeJob(site, ServiceSite.From, new JobFaults()).RunAsync(end.Token);
        var routing = new MadeRouting(1, ServiceSite.Model, ServiceSite.Cluster.Ranks);
        for (var frame = 0; frame < 60; frame++)
        {
            var rows = routing.Next(32, 16, frame < 20 ? 0 : 1, 1);
            await site.MustAsync<string>(async service =>
            {
                await service.TakeAsync(FakeJob.Name, rows, CancellationToken.None);
                return "";
            }, Limit);
        }
        var apply = await EndedAsync(reader, 1);
        await (then?.Invoke() ?? Task.CompletedTask);
        await end.CancelAsync();
        await Task.WhenAny(living);
        return apply;
    }

    private async Task<Apply> EndedAsync(StateStore reader, int number)
    {
        while (true)
        {
            if (await reader.AppliesAsync(FakeJob.Name, 1, Limit) is [{ IsOver: true } apply, ..] && apply.Number == number)
                return apply;
            await Task.Delay(2, Limit);
        }
    }
}
