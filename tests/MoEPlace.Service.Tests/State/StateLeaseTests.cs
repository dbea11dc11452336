using MoEPlace.Service.State;
using Xunit;
using static MoEPlace.Service.Tests.State.Samples;

namespace MoEPlace.Service.Tests.State;

/// <summary>Several stores on one database: who leads, and who may write.</summary>
[Collection(Databases.Name)]
public sealed class StateLeaseTests(Databases databases)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task One_leads_until_it_resigns(DatabaseKind kind)
    {
        var connection = await databases.EmptyAsync(kind);
        await using var one = await StateStore.OpenAsync(connection, cancellation: Never);
        await using var two = await StateStore.OpenAsync(connection, cancellation: Never);
        Assert.Null(await one.LeaderAsync(Never));
        Assert.Equal(new Term(1, "one"), await one.LeadAsync("one", Long, Never));
        Assert.Null(await two.LeadAsync("two", Long, Never));
        Assert.Equal(new Term(1, "one"), await one.LeadAsync("one", Long, Never));
        Assert.Equal("one", await two.LeaderAsync(Never));
        await two.ResignAsync(new Term(1, "one"), Never);
        Assert.Equal("one", await two.LeaderAsync(Never));
        await one.ResignAsync(new Term(1, "one"), Never);
        Assert.Null(await two.LeaderAsync(Never));
        Assert.Equal(new Term(2, "two"), await two.LeadAsync("two", Long, Never));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task Another_takes_over_when_the_lease_has_run_out_and_shuts_the_first_out(DatabaseKind kind)
    {
        var connection = await databases.EmptyAsync(kind);
        await using var one = await StateStore.OpenAsync(connection, cancellation: Never);
        await using var two = await StateStore.OpenAsync(connection, cancellation: Never);
        var first = (await one.LeadAsync("same name", Short, Never))!;
        await one.BeginApplyAsync(first, ApplyOf(), [EventOf("asked")], Never);
        Assert.Null(await two.LeadAsync("same name", Short, Never));
        await Task.Delay(Short + Short, Never);
        Assert.Null(await two.LeaderAsync(Never));
        // Nobody else leads yet: nothing that it writes can be in anybody's way.
        await one.PutJobAsync(first, JobOf(), [], Never);
        var second = (await two.LeadAsync("same name", Long, Never))!;
        Assert.Equal(2, second.Number);

        var after = ApplyOf() with { Version = 2 };
        Func<Task>[] writes =
        [
            () => one.PutJobAsync(first, JobOf("late"), [EventOf("late")], Never),
            () => one.RemoveJobAsync(first, "job", [EventOf("late")], Never),
            () => one.PutPlacementAsync(first, "job", From, Never),
            () => one.AddDecisionAsync(first, DecisionOf(1), Noon, new byte[] { 1 }, [EventOf("late")], Never),
            () => one.BeginApplyAsync(first, ApplyOf(1, job: "late"), [EventOf("late")], Never),
            () => one.ChangeApplyAsync(first, after, JobOf("late"), [EventOf("late")], Never),
            () => one.AddEventsAsync(first, [EventOf("late")], Never),
        ];
        foreach (var write in writes)
            Assert.Contains("leads in term 2", (await Assert.ThrowsAsync<LeadershipLostException>(write)).Message, StringComparison.Ordinal);
        Assert.Null(await one.LeadAsync("same name", Long, Never));
        Assert.Equal("asked", Assert.Single(await two.EventsAsync(0, null, 20, Never)).Kind);
        Assert.Single(await two.JobsAsync(Never));
        Assert.Null(await two.PlacementAsync("job", From.Digest, Never));
        Assert.True(await two.ChangeApplyAsync(second, after, null, [], Never));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task No_two_lead_in_one_term_and_writes_never_go_back_to_an_earlier_one(DatabaseKind kind)
    {
        var connection = await databases.EmptyAsync(kind);
        var wrote = 0;
        var leads = await Task.WhenAll(Enumerable.Range(0, 4).Select(holder => Task.Run(async () =>
        {
            await using var store = await StateStore.OpenAsync(connection, cancellation: Never);
            var terms = new List<long>();
            var draw = new SeedStream(7, "lease", holder);
            for (var round = 0; round < 40; round++)
            {
                if (await store.LeadAsync($"{holder}", TimeSpan.FromMilliseconds(10), Never) is not { } term)
                {
                    await Task.Delay(draw.Next(10), Never);
                    continue;
                }
                terms.Add(term.Number);
                await Task.Delay(draw.Next(20), Never);
                try
                {
                    await store.AddEventsAsync(term, [EventOf($"{term.Number}:{holder}")], Never);
                    Interlocked.Increment(ref wrote);
                }
                catch (LeadershipLostException)
                {
                    // Another was quicker.
                }
            }
            return terms.Distinct().ToList();
        })));
        var all = leads.SelectMany(terms => terms).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        await using var reader = await StateStore.OpenAsync(connection, cancellation: Never);
        var events = await reader.EventsAsync(0, null, 10_000, Never);
        Assert.Equal(wrote, events.Count);
        var told = events.Select(e => int.Parse(e.Kind.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(told.Order(), told);
    }

    [Fact]
    public async Task A_writer_that_was_stopped_in_the_middle_keeps_the_lead_from_nobody()
    {
        var connection = await databases.EmptyAsync(DatabaseKind.Postgres);
        await using var one = await StateStore.OpenAsync(connection, cancellation: Never);
        await using var two = await StateStore.OpenAsync(connection, cancellation: Never);
        var first = (await one.LeadAsync("one", Short, Never))!;
        await using var database = StateDatabase.Of(connection);
        using var writer = new StateWriter(database);
        var (inside, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var stopped = writer.WriteAsync(
            first, [EventOf("late")], async _ =>
            {
                inside.TrySetResult();
                await goOn.Task;
                return true;
            },
            Never);
        await inside.Task;
        await Task.Delay(Short, Never);
        Assert.Equal(2, (await two.LeadAsync("two", Long, Never))!.Number);
        goOn.SetResult();
        await Assert.ThrowsAsync<LeadershipLostException>(() => stopped);
        Assert.Empty(await two.EventsAsync(0, null, 20, Never));
    }
}
