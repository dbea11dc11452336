using MoEPlace.Service.Applies;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Faults;

/// <summary>Something is killed at each named point of an apply, one that is kept and one that is undone.</summary>
[Collection(Databases.Name)]
public sealed class ServicePointTests(Databases databases) : IDisposable
{
    private static readonly ServicePoint[] OfReturning = [ServicePoint.BeforeReturning, ServicePoint.AfterReturning];
    private readonly TemporaryFolder folder = new();

    /// <summary>What is killed.</summary>
    public enum Victim
    {
        /// <summary>The service.</summary>
        Service,

        /// <summary>The ranks of the job.</summary>
        Ranks,

        /// <summary>The service and the ranks.</summary>
        Both,

        /// <summary>The server of the database.</summary>
        Database,
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(DatabaseKind.Sqlite, Victim.Service)]
    [InlineData(DatabaseKind.Sqlite, Victim.Ranks)]
    [InlineData(DatabaseKind.Sqlite, Victim.Both)]
    [InlineData(DatabaseKind.Postgres, Victim.Service)]
    [InlineData(DatabaseKind.Postgres, Victim.Ranks)]
    [InlineData(DatabaseKind.Postgres, Victim.Both)]
    [InlineData(DatabaseKind.Postgres, Victim.Database)]
    public async Task Whatever_is_killed_at_a_point_of_the_service_the_record_ends_as_the_job_does(DatabaseKind kind, Victim victim)
    {
        foreach (var bad in new[] { false, true })
        {
            foreach (var point in Enum.GetValues<ServicePoint>().Where(point => bad || !OfReturning.Contains(point)))
            {
                var struck = 0;
                await using var site = new ServiceSite(await databases.EmptyAsync(kind), folder.File("scratch"));
                var job = new FakeJob(site, ServiceSite.From, new JobFaults { SlowSteps = bad });
                site.Strike = async (instance, passed) =>
                {
                    if (passed != point || Interlocked.Increment(ref struck) != 1)
                        return;
                    if (victim is Victim.Ranks or Victim.Both)
                        job.Kill();
                    if (victim is Victim.Database)
                        await RestartAsync();
                    if (victim is not (Victim.Service or Victim.Both))
                        return;
                    site.Replace(instance);
                    await Task.Delay(Timeout.Infinite);
                };
                var apply = await RunAsync(site, job, $"{kind} {victim} {point} {bad}");
                Assert.True(struck > 0, $"{point} was not passed");
                Assert.Equal(bad ? ApplyPhase.Returned : ApplyPhase.Kept, apply.Phase);
            }
        }
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.Postgres)]
    public async Task Wherever_the_ranks_are_killed_the_record_ends_as_the_job_does(DatabaseKind kind)
    {
        foreach (var bad in new[] { false, true })
        {
            foreach (var point in Enum.GetValues<JobPoint>())
            {
                for (var occurrence = 1; occurrence <= (point is JobPoint.BeforeWave or JobPoint.AfterWave ? 3 : 1) * (bad ? 2 : 1); occurrence++)
                {
                    var passed = 0;
                    await using var site = new ServiceSite(await databases.EmptyAsync(kind), folder.File("scratch"));
                    var faults = new JobFaults { SlowSteps = bad, Strike = at => at == point && ++passed == occurrence };
                    var apply = await RunAsync(site, new FakeJob(site, ServiceSite.From, faults), $"{kind} {point} {occurrence} {bad}");
                    Assert.True(passed >= occurrence, $"{point} was passed {passed} times");
                    Assert.Equal(bad ? ApplyPhase.Returned : ApplyPhase.Kept, apply.Phase);
                }
            }
        }
    }

    private static async Task<Apply> RunAsync(ServiceSite site, FakeJob job, string told)
    {
        await using var reader = await StateStore.OpenAsync(site.Connection);
        await site.StartAsync();
        await site.PlanAsync(TestContext.Current.CancellationToken);
        return await FaultRun.RunAsync(site, job, reader, told);
    }

    private async Task RestartAsync()
    {
        await databases.Postgres.KillAsync();
        await databases.Postgres.StartAsync();
    }
}
