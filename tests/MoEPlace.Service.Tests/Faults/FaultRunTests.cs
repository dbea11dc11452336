using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Faults;

/// <summary>Anything is killed at any time, by seeds.</summary>
[Collection(Databases.Name)]
public sealed class FaultRunTests(Databases databases) : IDisposable
{
    private const int Beside = 4;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(DatabaseKind.Sqlite, 200)]
    [InlineData(DatabaseKind.Postgres, 40)]
    public async Task Whatever_is_killed_whenever_the_record_ends_as_the_job_does(DatabaseKind kind, int runs)
    {
        var ends = new int[Enum.GetValues<ApplyPhase>().Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Beside, CancellationToken = TestContext.Current.CancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(1, runs), options, async (seed, _) =>
        {
            var apply = await RunAsync(kind, seed, restart: null);
            Interlocked.Increment(ref ends[(int)apply.Phase]);
        });
        Assert.True(ends[(int)ApplyPhase.Kept] > runs / 10 && ends[(int)ApplyPhase.Returned] > runs / 10, string.Join(' ', ends));
    }

    [Fact]
    public async Task Whatever_is_killed_whenever_the_database_too_the_record_ends_as_the_job_does()
    {
        for (var seed = 1_001; seed <= 1_012; seed++)
        {
            await RunAsync(DatabaseKind.Postgres, seed, async () =>
            {
                await databases.Postgres.KillAsync();
                await databases.Postgres.StartAsync();
            });
        }
    }

    private async Task<Apply> RunAsync(DatabaseKind kind, int seed, Func<Task>? restart)
    {
        var draw = new SeedStream(seed, "fault-run");
        var faults = new JobFaults
        {
            Seed = seed,
            SlowSteps = draw.Next(4) == 0,
            BadCanary = draw.Next(6) == 0,
            GivesUp = draw.Next(3) == 0 ? 0.2 : 0,
            Strike = _ => Drawn(20),
        };
        var isUndone = draw.Next(4) == 0;
        await using var site = new ServiceSite(await databases.EmptyAsync(kind), folder.File("scratch"));
        var job = new FakeJob(site, ServiceSite.From, faults);
        var left = 6;
        site.Strike = async (instance, point) =>
        {
            if (!Drawn(5) || Interlocked.Decrement(ref left) < 0)
                return;
            if (Drawn(2))
                job.Kill();
            if (Drawn(2))
                return;
            site.Replace(instance);
            await Task.Delay(Timeout.Infinite);
        };
        await using var reader = await StateStore.OpenAsync(site.Connection);
        await site.StartAsync();
        await site.PlanAsync(TestContext.Current.CancellationToken);
        var apply = await FaultRun.RunAsync(site, job, reader, $"seed {seed} on {kind}", async cancellation =>
        {
            for (var i = 0; i < 4; i++)
            {
                await Task.Delay(Next(25), cancellation);
                await StrikeAsync(cancellation);
            }
        });
        var isHeld = !faults.SlowSteps && !faults.BadCanary && faults.GivesUp == 0 && !isUndone && job.Lost < ApplySteps.MostForward;
        Assert.True(!isHeld || apply.Phase == ApplyPhase.Kept, $"seed {seed} on {kind}: nothing but ranks and services was lost, and yet: {apply}");
        return apply;

        async Task StrikeAsync(CancellationToken cancellation)
        {
            switch (Next(6))
            {
                case 0 or 1:
                    site.ReplaceAny();
                    break;
                case 2:
                    job.Kill();
                    break;
                case 3 when isUndone:
                    await UndoAsync(site, cancellation);
                    break;
                case 4 when restart is not null:
                    await restart();
                    break;
            }
        }

        // Drawn from several threads.
        int Next(int bound)
        {
            lock (draw)
                return draw.Next(bound);
        }

        bool Drawn(int oneIn) => Next(oneIn) == 0;
    }

    private static async Task UndoAsync(ServiceSite site, CancellationToken cancellation)
    {
        try
        {
            await site.CallAsync<Apply>(
                async service => service.Job(FakeJob.Name).Apply is { IsOver: false }
                    ? await service.RollBackAsync(FakeJob.Name, "bob", CancellationToken.None)
                    : null,
                cancellation);
        }
        catch (ConflictException)
        {
            // It was over by then, and nothing was in force before.
        }
    }
}
