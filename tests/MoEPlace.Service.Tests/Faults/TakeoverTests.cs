using System.Diagnostics;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Faults;

/// <summary>Two services on one database, and the lease as it is.</summary>
[Collection(Databases.Name)]
public sealed class TakeoverTests(Databases databases) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_second_service_takes_over_within_ten_seconds_and_finishes_the_apply_once()
    {
        await using var site = new ServiceSite(await databases.EmptyAsync(DatabaseKind.Postgres), folder.File("scratch"));
        await using var reader = await StateStore.OpenAsync(site.Connection, cancellation: Never);
        var first = await site.StartAsync();
        await site.PlanAsync(Never);
        var second = await site.StartAsync();
        var since = 0L;
        site.Strike = async (instance, point) =>
        {
            if (instance != first || point != ServicePoint.AfterMoving)
                return;
            since = Stopwatch.GetTimestamp();
            _ = site.KillAsync(instance);
            await Task.Delay(Timeout.Infinite);
        };
        Assert.True(first.Service.Leads && !second.Service.Leads);
        var took = TimeSpan.MaxValue;
        var apply = await FaultRun.RunAsync(site, new FakeJob(site, ServiceSite.From, new JobFaults()), reader, "takeover", async cancellation =>
        {
            while (!second.Service.Leads)
                await Task.Delay(10, cancellation);
            took = Stopwatch.GetElapsedTime(since);
        });
        Assert.Equal(ApplyPhase.Kept, apply.Phase);
        // A promise in time: the one place where a test holds a clock to something.
        Assert.True(took < TimeSpan.FromSeconds(10), $"{took}");
        Assert.Equal([$"{first.Number}", $"{second.Number}"], (await LeadsAsync(reader)).Select(text => text.Split(' ')[0]));
        Assert.Equal(["1", "2"], (await LeadsAsync(reader)).Select(text => text.Split("term ")[1].Split(',')[0]));
    }

    [Fact]
    public async Task A_leader_that_comes_after_a_long_time_listens_before_it_believes_in_silence()
    {
        await using var site = new ServiceSite(await databases.EmptyAsync(DatabaseKind.Sqlite), folder.File("scratch"));
        await using var reader = await StateStore.OpenAsync(site.Connection, cancellation: Never);
        var first = await site.StartAsync();
        await site.PlanAsync(Never);
        await site.MustAsync<Apply>(service => service.ApplyAsync(FakeJob.Name, 1, "test", Never)!, Never);
        await first.Service.DisposeAsync();

        var clock = new HandClock();
        clock.Pass(TimeSpan.FromHours(1));
        var second = await site.StartAsync(clock);
        while (!second.Service.Leads)
            await Task.Delay(1, Never);
        clock.Pass(ApplySteps.SilenceLimit - TimeSpan.FromSeconds(1));
        // Whoever looked at the silence of the job has had its turn when another asker gets one.
        await Assert.ThrowsAsync<ConflictException>(() => second.Service.ApplyAsync(FakeJob.Name, 1, "test", Never));
        Assert.Equal(ApplyPhase.Asked, (await reader.AppliesAsync(FakeJob.Name, 1, Never))[0].Phase);
        clock.Pass(TimeSpan.FromSeconds(1));
        while ((await reader.AppliesAsync(FakeJob.Name, 1, Never))[0].Phase == ApplyPhase.Asked)
            await Task.Delay(1, Never);
        Assert.Equal(ApplyPhase.Returning, (await reader.AppliesAsync(FakeJob.Name, 1, Never))[0].Phase);
    }

    private static async Task<IEnumerable<string>> LeadsAsync(StateStore reader) =>
        (await reader.EventsAsync(0, "", 100, Never)).Where(e => e.Kind == "leads").Select(e => e.Text);
}
