using System.Text.Json;
using MoEPlace.Service.Applies;
using MoEPlace.Service.State;
using Xunit;
using static MoEPlace.Service.Tests.State.Samples;

namespace MoEPlace.Service.Tests.State;

/// <summary>What is put on record, on both databases.</summary>
[Collection(Databases.Name)]
public sealed class StateStoreTests(Databases databases)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task What_was_put_is_read_by_whoever_opens_it_next(DatabaseKind kind)
    {
        var connection = await databases.EmptyAsync(kind);
        var (decision, apply) = (DecisionOf(1, To), ApplyOf());
        await using (var store = await StateStore.OpenAsync(connection, cancellation: Never))
        {
            var term = await LeadAsync(store);
            await store.PutJobAsync(term, JobOf("z"), [], Never);
            await store.PutJobAsync(term, JobOf(), [EventOf("registered")], Never);
            await store.PutPlacementAsync(term, "job", From, Never);
            await store.PutPlacementAsync(term, "job", From, Never);
            await store.AddDecisionAsync(term, decision, Noon, new byte[] { 0, 1, 255 }, [EventOf("decided")], Never);
            await store.AddDecisionAsync(term, DecisionOf(2), Noon.AddSeconds(1).ToOffset(TimeSpan.FromHours(2)), Array.Empty<byte>(), [], Never);
            Assert.True(await store.BeginApplyAsync(term, apply, [EventOf("asked")], Never));
        }
        await using var again = await StateStore.OpenAsync(connection, cancellation: Never);
        Assert.Equal([Json(JobOf()), Json(JobOf("z"))], (await again.JobsAsync(Never)).Select(Json));
        Assert.Equal(ExpertPlacementFile.ToJson(From), await again.PlacementAsync("job", From.Digest, Never));
        Assert.Equal(To, ExpertPlacementFile.Parse((await again.PlacementAsync("job", To.Digest, Never))!, "plan"));
        Assert.Null(await again.PlacementAsync("z", From.Digest, Never));
        var rows = await again.DecisionsAsync("job", 20, Never);
        Assert.Equal([2, 1], rows.Select(row => row.Number));
        Assert.Equal([Noon.AddSeconds(1), Noon], rows.Select(row => row.At));
        Assert.Equal(Json(decision), Json((await again.DecisionAsync("job", 1, Never))!.Decision));
        Assert.Equal(2, Assert.Single(await again.DecisionsAsync("job", 1, Never)).Number);
        Assert.Null(await again.DecisionAsync("job", 3, Never));
        Assert.Equal([0, 1, 255], await again.DecisionRecordAsync("job", 1, Never));
        Assert.Null(await again.DecisionRecordAsync("job", 3, Never));
        Assert.Equal(apply, Assert.Single(await again.AppliesAsync("job", 20, Never)));
        Assert.Equal(["registered", "decided", "asked"], (await again.EventsAsync(0, null, 20, Never)).Select(e => e.Kind));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task Removes_a_job_with_all_that_belongs_to_it_but_its_events(DatabaseKind kind)
    {
        await using var store = await OpenAsync(kind);
        var term = await LeadAsync(store);
        foreach (var job in new[] { "one", "two" })
        {
            await store.PutJobAsync(term, JobOf(job), [EventOf("registered", job)], Never);
            await store.PutPlacementAsync(term, job, From, Never);
            await store.AddDecisionAsync(term, DecisionOf(1, null, job), Noon, new byte[] { 7 }, [], Never);
            Assert.True(await store.BeginApplyAsync(term, ApplyOf(job: job), [], Never));
        }
        await store.RemoveJobAsync(term, "one", [EventOf("removed", "one")], Never);
        Assert.Equal("two", Assert.Single(await store.JobsAsync(Never)).Spec.Name);
        foreach (var (job, left) in new[] { ("one", 0), ("two", 1) })
        {
            Assert.Equal(left, (await store.DecisionsAsync(job, 20, Never)).Count);
            Assert.Equal(left, (await store.AppliesAsync(job, 20, Never)).Count);
            Assert.Equal(left == 1, await store.PlacementAsync(job, From.Digest, Never) is not null);
        }
        Assert.Equal(["registered", "removed"], (await store.EventsAsync(0, "one", 20, Never)).Select(e => e.Kind));
        Assert.Equal(3, (await store.EventsAsync(0, null, 20, Never)).Count);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task At_most_one_apply_of_a_job_is_under_way_however_many_begin_at_once(DatabaseKind kind)
    {
        await using var store = await OpenAsync(kind);
        var term = await LeadAsync(store);
        var begun = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => store.BeginApplyAsync(term, ApplyOf(n), [EventOf("asked")], Never)));
        Assert.Single(begun, true);
        var apply = Assert.Single(await store.AppliesAsync("job", 20, Never));
        Assert.True(await store.BeginApplyAsync(term, ApplyOf(job: "other"), [], Never));
        Assert.True(await store.ChangeApplyAsync(term, apply with { Phase = ApplyPhase.Refused, Version = 2 }, null, [EventOf("refused")], Never));
        Assert.True(await store.BeginApplyAsync(term, ApplyOf(9), [EventOf("asked")], Never));
        Assert.Equal(["asked", "refused", "asked"], (await store.EventsAsync(0, "job", 20, Never)).Select(e => e.Kind));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task Changes_an_apply_with_its_job_only_from_the_version_before_and_never_after_its_end(DatabaseKind kind)
    {
        await using var store = await OpenAsync(kind);
        var term = await LeadAsync(store);
        await store.BeginApplyAsync(term, ApplyOf(), [], Never);
        var moving = ApplyOf(phase: ApplyPhase.Moving) with { Version = 2 };
        var kept = ApplyOf(phase: ApplyPhase.Kept) with { Version = 3 };
        var job = JobOf() with { Epoch = 4, Placement = To.Digest, Before = From.Digest };
        var changed = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => store.ChangeApplyAsync(term, moving, null, [EventOf("moving")], Never)));
        Assert.Single(changed, true);
        Assert.False(await store.ChangeApplyAsync(term, kept with { Version = 4 }, job, [EventOf("kept")], Never));
        Assert.Empty(await store.JobsAsync(Never));
        Assert.True(await store.ChangeApplyAsync(term, kept, job, [EventOf("kept")], Never));
        Assert.Equal(4, Assert.Single(await store.JobsAsync(Never)).Epoch);
        Assert.False(await store.ChangeApplyAsync(term, moving with { Version = 4 }, null, [EventOf("moving")], Never));
        Assert.Equal(kept, Assert.Single(await store.AppliesAsync("job", 20, Never)));
        Assert.Equal(["moving", "kept"], (await store.EventsAsync(0, null, 20, Never)).Select(e => e.Kind));
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task Events_rise_and_none_comes_late_before_another(DatabaseKind kind)
    {
        var connection = await databases.EmptyAsync(kind);
        await using var store = await StateStore.OpenAsync(connection, cancellation: Never);
        await using var reader = await StateStore.OpenAsync(connection, cancellation: Never);
        var term = await LeadAsync(store);
        var writes = Task.WhenAll(Enumerable.Range(0, 60).Select(n => Task.Run(
            () => store.AddEventsAsync(term, [EventOf($"{n}a", n % 2 == 0 ? "even" : ""), EventOf($"{n}b")], Never))));
        var seen = new List<ServiceEvent>();
        while (!writes.IsCompleted || seen.Count < 120)
        {
            seen.AddRange(await reader.EventsAsync(seen.Count == 0 ? 0 : seen[^1].Sequence, null, 7, Never));
            Assert.True(!writes.IsFaulted, writes.Exception?.ToString());
        }
        Assert.Equal(120, seen.Count);
        Assert.Equal(120, seen.Select(e => e.Kind).Distinct().Count());
        Assert.Equal(seen.Select(e => e.Sequence).Order(), seen.Select(e => e.Sequence));
        Assert.Equal(seen[^1].Sequence, await reader.LastEventAsync(Never));
        Assert.Equal(30, (await reader.EventsAsync(0, "even", 100, Never)).Count);
        Assert.Equal(30, (await reader.EventsAsync(0, "", 100, Never)).Count);
        Assert.Equal(EventOf("x").Text[1..], seen[0].Text[seen[0].Kind.Length..]);
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task Names_that_no_job_can_have_are_on_no_record(DatabaseKind kind)
    {
        await using var store = await OpenAsync(kind);
        foreach (var name in new[] { "a\0b", "\ud800", "a' OR '1'='1", "../x", new string('a', 100_000) })
        {
            Assert.Null(await store.PlacementAsync(name, From.Digest, Never));
            Assert.Null(await store.PlacementAsync("job", name, Never));
            Assert.Null(await store.DecisionAsync(name, 1, Never));
            Assert.Null(await store.DecisionRecordAsync(name, 1, Never));
            Assert.Empty(await store.DecisionsAsync(name, 20, Never));
            Assert.Empty(await store.AppliesAsync(name, 20, Never));
            Assert.Empty(await store.EventsAsync(0, name, 20, Never));
        }
    }

    [Theory, InlineData(DatabaseKind.Sqlite), InlineData(DatabaseKind.Postgres)]
    public async Task A_write_that_is_cancelled_was_not_made(DatabaseKind kind)
    {
        await using var store = await OpenAsync(kind);
        var term = await LeadAsync(store);
        Assert.Equal(0, await store.LastEventAsync(Never));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.AddEventsAsync(term, [EventOf("told")], cancelled.Token));
        await store.AddEventsAsync(term, [EventOf("leads")], Never);
        Assert.Equal("leads", Assert.Single(await store.EventsAsync(0, null, 20, Never)).Kind);
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, StrictJson.OneLine);

    private static async Task<Term> LeadAsync(StateStore store) => (await store.LeadAsync("test", Lease, Never))!;

    private async Task<StateStore> OpenAsync(DatabaseKind kind) => await StateStore.OpenAsync(await databases.EmptyAsync(kind), cancellation: Never);
}
