using System.Text.Json;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;
using Xunit;

namespace MoEPlace.Service.Tests.Faults;

/// <summary>One apply from its asking to its end, with whatever goes wrong on the way, and what must hold of it in the end.</summary>
internal static class FaultRun
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs it.</summary>
    /// <param name="site">With a service, and a plan on record.</param>
    /// <param name="job">The job.</param>
    /// <param name="reader">The record.</param>
    /// <param name="what">What it was, where it fails.</param>
    /// <param name="beside">Runs beside it and ends before it is judged; null for nothing.</param>
    /// <returns>How it ended.</returns>
    public static async Task<Apply> RunAsync(ServiceSite site, FakeJob job, StateStore reader, string what, Func<CancellationToken, Task>? beside = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        var living = job.RunAsync(end.Token);
        try
        {
            var faults = Task.Run(() => beside?.Invoke(limit.Token) ?? Task.CompletedTask, CancellationToken.None);
            await AskAsync(site, reader, limit.Token);
            await UntilAsync(async () => (await LatestAsync(reader))?.IsOver == true, living, limit.Token);
            await faults;
            // What is in force, and what the record says of it, must be the same for good: some more reports change nothing.
            await UntilAsync(
                async () => (await reader.JobsAsync(default))[0].Epoch == job.Epoch && await IsAnsweredAsync(site, limit.Token), living, limit.Token);
            var apply = (await LatestAsync(reader))!;
            await Task.Delay(10, limit.Token);
            Assert.Equal(apply, await LatestAsync(reader));
            await JudgeAsync(job, reader, apply);
            return apply;
        }
        catch (Exception e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            var last = await LatestAsync(reader);
            var told = (await reader.EventsAsync(0, null, 1_000, default)).Select(one => $"{one.Sequence} {one.Kind} {one.Text}");
            var events = string.Join('\n', told);
            throw new InvalidOperationException($"{what}: {e.Message}\n{last}\nin force {job.Epoch} {job.InForce.Digest}\n{events}", e);
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAny(living);
        }
    }

    // Somebody who asks again until it is on record, and takes a refusal because of an apply under way for an answer.
    private static async Task AskAsync(ServiceSite site, StateStore reader, CancellationToken cancellation)
    {
        while (await LatestAsync(reader) is null)
        {
            try
            {
                await site.CallAsync<Apply>(service => service.ApplyAsync(FakeJob.Name, 1, "test", CancellationToken.None)!, cancellation);
            }
            catch (ConflictException)
            {
                // It was asked for already.
            }
            await Task.Delay(1, cancellation);
        }
    }

    private static async Task<bool> IsAnsweredAsync(ServiceSite site, CancellationToken cancellation) =>
        await site.CallAsync<JobView>(service => Task.FromResult<JobView?>(service.Job(FakeJob.Name)), cancellation) is { Apply.IsOver: true };

    private static async Task UntilAsync(Func<Task<bool>> holds, Task living, CancellationToken cancellation)
    {
        while (!await holds())
        {
            if (living.IsCompleted)
                await living;
            await Task.Delay(2, cancellation);
        }
    }

    private static async Task<Apply?> LatestAsync(StateStore reader) =>
        await reader.AppliesAsync(FakeJob.Name, 1, default) is [var latest, ..] ? latest : null;

    private static async Task JudgeAsync(FakeJob job, StateStore reader, Apply apply)
    {
        var record = Assert.Single(await reader.JobsAsync(default));
        Assert.Equal((job.Epoch, job.InForce.Digest), (record.Epoch, record.Placement));
        Assert.Equal((job.Epoch, job.InForce.Digest), (apply.Epoch, apply.InForce));
        var goesBack = apply.Decision == 0;
        if (apply.Phase != ApplyPhase.Failed)
            Assert.Equal((apply.Phase == ApplyPhase.Kept) != goesBack ? ServiceSite.To : ServiceSite.From, job.InForce);
        var applies = await reader.AppliesAsync(FakeJob.Name, 20, default);
        // Whoever undoes it may come when it was kept already: then going back is an apply of its own.
        Assert.Equal(goesBack ? 2 : 1, applies.Count);
        Assert.True(!goesBack || applies[1].Phase == ApplyPhase.Kept, applies[^1].ToString());

        // The events of it tell every version of it, once and in order; so its end is told once.
        var told = (await reader.EventsAsync(0, FakeJob.Name, 10_000, default)).Where(e => e.Detail is not null)
            .Select(e => (e.Kind, Apply: e.Detail!.Value.Deserialize<Apply>(StrictJson.OneLine)!)).Where(e => e.Apply.Number == apply.Number).ToList();
        Assert.Equal(Enumerable.Range(1, apply.Version), told.Select(e => e.Apply.Version));
        Assert.All(told, e => Assert.Equal(e.Kind, JsonNamingPolicy.KebabCaseLower.ConvertName(e.Apply.Phase.ToString())));
        Assert.Equal(apply, told[^1].Apply);
        Assert.Single(told, e => e.Apply.IsOver);
        Assert.Equal(told.Select(e => e.Apply.Epoch).Order(), told.Select(e => e.Apply.Epoch));
    }
}
