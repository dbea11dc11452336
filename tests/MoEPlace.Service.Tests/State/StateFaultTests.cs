using Dapper;
using MoEPlace.Service.State;
using Npgsql;
using Xunit;
using static MoEPlace.Service.Tests.State.Samples;

namespace MoEPlace.Service.Tests.State;

/// <summary>Databases that cannot be opened, go away, or lose an answer.</summary>
[Collection(Databases.Name)]
public sealed class StateFaultTests(Databases databases)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    // As text it ends in a 0; without it, "READ COMMITTED" would be one as well.
    private static readonly byte[] Commit = "COMMIT\0"u8.ToArray();

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("sqlite:")]
    [InlineData("sqlite:/no/such/folder/x.db")]
    [InlineData("sqlite:/dev/null")]
    [InlineData("sqlite:/dev")]
    [InlineData("sqlite:x\0y")]
    [InlineData("Password=hunter2")]
    [InlineData("hunter2")]
    [InlineData("Host=127.0.0.1;Password=a;hunter2=3")]
    [InlineData("Host=127.0.0.1;Port=hunter2")]
    [InlineData("Host=127.0.0.1;Port=1;Username=u;Password=hunter2;Database=d")]
    public async Task Says_what_cannot_be_opened_without_its_secrets(string connection)
    {
        var e = await Assert.ThrowsAsync<InputException>(() => StateStore.OpenAsync(connection, cancellation: Never));
        Assert.DoesNotContain("hunter2", e.ToString(), StringComparison.Ordinal);
        Assert.Equal("state", e.Faults[0].File);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task Refuses_tables_of_a_later_version_by_name(DatabaseKind kind)
    {
        var connection = await databases.EmptyAsync(kind);
        await (await StateStore.OpenAsync(connection, cancellation: Never)).DisposeAsync();
        await using (var database = StateDatabase.Of(connection))
            await database.TryAsync(opened => opened.ExecuteAsync("INSERT INTO moeplace_version (version) VALUES (99)"), Never);
        var e = await Assert.ThrowsAsync<InputException>(() => StateStore.OpenAsync(connection, cancellation: Never));
        Assert.Equal("99", e.Faults[0].Value);
        Assert.StartsWith($"{StateSchema.Version} or less", e.Faults[0].Allowed, StringComparison.Ordinal);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task Several_may_open_an_empty_one_at_once(DatabaseKind kind)
    {
        var connection = await databases.EmptyAsync(kind);
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => StateStore.OpenAsync(connection, cancellation: Never))));
        var leads = await Task.WhenAll(stores.Select((store, i) => store.LeadAsync($"{i}", Lease, Never)));
        Assert.Single(leads, lead => lead is not null);
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [Fact]
    public async Task While_the_server_is_killed_and_started_again_every_write_is_made_once()
    {
        var connection = await databases.EmptyAsync(DatabaseKind.Postgres);
        await using var store = await StateStore.OpenAsync(connection, cancellation: Never);
        var term = (await store.LeadAsync("one", Lease, Never))!;
        using var enough = new CancellationTokenSource();
        var written = 0;
        var writes = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    await store.AddEventsAsync(term, [EventOf($"{written}")], Never);
                    written++;
                    Assert.NotEmpty(await store.EventsAsync(written / 2, null, 1, Never));
                }
            },
            Never);
        for (var times = 0; times < 4; times++)
        {
            await Task.Delay(100, Never);
            await databases.Postgres.KillAsync();
            await databases.Postgres.StartAsync();
        }
        await enough.CancelAsync();
        await writes;
        var kinds = (await store.EventsAsync(0, null, 1_000_000, Never)).Select(e => e.Kind);
        Assert.Equal(Enumerable.Range(0, written).Select(n => $"{n}"), kinds);
        Assert.Equal(term, await store.LeadAsync("one", Lease, Never));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_write_whose_answer_is_lost_is_made_once(bool commitArrives)
    {
        var direct = await databases.EmptyAsync(DatabaseKind.Postgres);
        using var wire = new CutWire(databases.Postgres.Port, Commit);
        var connection = new NpgsqlConnectionStringBuilder(direct) { Port = wire.Port }.ConnectionString;
        await using var store = await StateStore.OpenAsync(connection, cancellation: Never);
        var term = (await store.LeadAsync("one", Lease, Never))!;
        wire.CutNext(commitArrives);
        Assert.True(await store.BeginApplyAsync(term, ApplyOf(), [EventOf("asked")], Never));
        wire.CutNext(commitArrives);
        await store.AddDecisionAsync(term, DecisionOf(1), Noon, new byte[] { 1 }, [EventOf("decided")], Never);
        wire.CutNext(commitArrives);
        await store.AddEventsAsync(term, [EventOf("told")], Never);
        Assert.Equal(3, wire.Cuts);
        Assert.Equal(["asked", "decided", "told"], (await store.EventsAsync(0, null, 20, Never)).Select(e => e.Kind));
        Assert.Single(await store.AppliesAsync("job", 20, Never));
    }

    [Fact]
    public async Task A_server_that_stays_away_is_told_with_what_is_unknown()
    {
        var direct = await databases.EmptyAsync(DatabaseKind.Postgres);
        using var wire = new CutWire(databases.Postgres.Port, Commit);
        var connection = new NpgsqlConnectionStringBuilder(direct) { Port = wire.Port }.ConnectionString;
        await using var store = await StateStore.OpenAsync(connection, cancellation: Never);
        var term = (await store.LeadAsync("one", Lease, Never))!;
        wire.CutNext(arrives: true, forGood: true);
        var e = await Assert.ThrowsAsync<IOException>(() => store.AddEventsAsync(term, [EventOf("told")], Never));
        Assert.EndsWith("whether it was written is unknown", e.Message, StringComparison.Ordinal);
        var read = Assert.ThrowsAsync<IOException>(() => store.JobsAsync(Never));
        var write = Assert.ThrowsAsync<IOException>(() => store.AddEventsAsync(term, [EventOf("told")], Never));
        await read;
        Assert.DoesNotContain("unknown", (await write).Message, StringComparison.Ordinal);
    }
}
