using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Dapper;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.State;

/// <summary>
/// What the service must not lose, in SQLite or PostgreSQL. Every write shows the term of the writer and happens whole or not at all, with the
/// events that tell of it; reads need none. While the database restarts, both wait for it for about three seconds. A name or digest that could be
/// none is on no record.
/// </summary>
public sealed class StateStore : IAsyncDisposable
{
    private readonly StateDatabase database;
    private readonly StateWriter writer;
    private readonly StateLease lease;

    private StateStore(StateDatabase database, TimeProvider time)
    {
        this.database = database;
        writer = new StateWriter(database);
        lease = new StateLease(database, time);
    }

    /// <summary>Opens it and makes its tables where they are missing.</summary>
    /// <param name="connection"><c>sqlite:FILE</c>, or a connection string of PostgreSQL.</param>
    /// <param name="time">Clock of the leases in SQLite, which has none; null for the system's.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="InputException">It cannot be opened, or is of a later version; secrets are not told.</exception>
    public static async Task<StateStore> OpenAsync(string connection, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        var database = StateDatabase.Of(connection);
        try
        {
            await database.TryAsync(opened => StateSchema.MigrateAsync(database, opened, cancellation), cancellation);
            return new StateStore(database, time ?? TimeProvider.System);
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            if (e is IOException { InnerException: { } cause })
                throw new InputException("state", database.Name, StateDatabase.Told(cause), "a database that can be opened");
            throw;
        }
    }

    /// <summary>Becomes or stays the leader, by the database's clock; null where another leads whose lease has not run out.</summary>
    /// <param name="holder">Who leads, for people; two stores are never the same leader, whatever they call themselves.</param>
    /// <param name="lease">How long it leads without asking again.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="IOException">The database is away.</exception>
    public Task<Term?> LeadAsync(string holder, TimeSpan lease, CancellationToken cancellation) =>
        this.lease.LeadAsync(holder, lease, cancellation);

    /// <summary>Gives the lead up at once.</summary>
    public Task ResignAsync(Term term, CancellationToken cancellation) => lease.ResignAsync(term, cancellation);

    /// <summary>Who leads; null for nobody.</summary>
    public Task<string?> LeaderAsync(CancellationToken cancellation) => lease.LeaderAsync(cancellation);

    /// <summary>All jobs, by name.</summary>
    public async Task<IReadOnlyList<JobRecord>> JobsAsync(CancellationToken cancellation)
    {
        var bodies = await QueryAsync<string>("SELECT body FROM moeplace_job", new { }, cancellation);
        return [.. bodies.Select(Read<JobRecord>).OrderBy(job => job.Spec.Name, StringComparer.Ordinal)];
    }

    /// <summary>Puts a job on record, or another state of it.</summary>
    public Task PutJobAsync(Term term, JobRecord job, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) =>
        writer.WriteAsync(term, events, change => PutJobAsync(change, job), cancellation);

    /// <summary>Removes a job with all that belongs to it but its events.</summary>
    public Task RemoveJobAsync(Term term, string job, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) =>
        writer.WriteAsync(
            term, events, change => ExecuteAsync(
                change,
                """
                DELETE FROM moeplace_placement WHERE job = @job; DELETE FROM moeplace_decision WHERE job = @job;
                DELETE FROM moeplace_apply WHERE job = @job; DELETE FROM moeplace_job WHERE name = @job
                """,
                new { job }),
            cancellation);

    /// <summary>Keeps a placement of a job by its digest.</summary>
    public Task PutPlacementAsync(Term term, string job, ExpertPlacement placement, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var (digest, body) = (placement.Digest, ExpertPlacementFile.ToJson(placement));
        return writer.WriteAsync(term, [], change => PutPlacementAsync(change, job, digest, body), cancellation);
    }

    /// <summary>The content of a placement file by its digest; null where the job has none such.</summary>
    public async Task<string?> PlacementAsync(string job, string digest, CancellationToken cancellation)
    {
        if (!JobSpec.IsName(job) || digest is not { Length: 64 } || !digest.All(char.IsAsciiHexDigitLower))
            return null;
        const string sql = "SELECT body FROM moeplace_placement WHERE job = @job AND digest = @digest";
        return (await QueryAsync<string>(sql, new { job, digest }, cancellation)).SingleOrDefault();
    }

    /// <summary>Puts a decision on record with all that it was made of; its plan, if any, is kept among the placements.</summary>
    public Task AddDecisionAsync(
        Term term, Decision decision, DateTimeOffset at, ReadOnlyMemory<byte> record, IReadOnlyList<ServiceEvent> events,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var row = new
        {
            job = decision.Job,
            number = decision.Number,
            decided = at.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture),
            body = Write(decision),
            record = record.ToArray(),
        };
        const string sql = "INSERT INTO moeplace_decision (job, number, decided, body, record) VALUES (@job, @number, @decided, @body, @record)";
        return writer.WriteAsync(term, events, Add, cancellation);

        async Task<bool> Add(DbTransaction change)
        {
            if (decision is { Placement: { } plan, Digest: { } digest })
                await PutPlacementAsync(change, decision.Job, digest, plan.GetRawText());
            return await ExecuteAsync(change, sql, row);
        }
    }

    /// <summary>Decisions of a job, the latest first.</summary>
    public async Task<IReadOnlyList<DecisionRow>> DecisionsAsync(string job, int most, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        if (!JobSpec.IsName(job))
            return [];
        const string sql = "SELECT decided, body FROM moeplace_decision WHERE job = @job ORDER BY number DESC LIMIT @most";
        return [.. (await QueryAsync<(string Decided, string Body)>(sql, new { job, most }, cancellation)).Select(ReadDecision)];
    }

    /// <summary>A decision; null where there is none.</summary>
    public async Task<DecisionRow?> DecisionAsync(string job, int number, CancellationToken cancellation)
    {
        if (!JobSpec.IsName(job))
            return null;
        const string sql = "SELECT decided, body FROM moeplace_decision WHERE job = @job AND number = @number";
        return (await QueryAsync<(string Decided, string Body)>(sql, new { job, number }, cancellation)).Select(ReadDecision).SingleOrDefault();
    }

    /// <summary>The record of a decision (<see cref="DecisionRecord"/>); null where there is none.</summary>
    public async Task<byte[]?> DecisionRecordAsync(string job, int number, CancellationToken cancellation)
    {
        if (!JobSpec.IsName(job))
            return null;
        const string sql = "SELECT record FROM moeplace_decision WHERE job = @job AND number = @number";
        return (await QueryAsync<byte[]>(sql, new { job, number }, cancellation)).SingleOrDefault();
    }

    /// <summary>Applies of a job, the latest first.</summary>
    public async Task<IReadOnlyList<Apply>> AppliesAsync(string job, int most, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        if (!JobSpec.IsName(job))
            return [];
        const string sql = "SELECT body FROM moeplace_apply WHERE job = @job ORDER BY number DESC LIMIT @most";
        return [.. (await QueryAsync<string>(sql, new { job, most }, cancellation)).Select(Read<Apply>)];
    }

    /// <summary>Begins an apply: only where none of the job is under way.</summary>
    /// <returns>Whether it was begun; where not, nothing was written.</returns>
    public Task<bool> BeginApplyAsync(Term term, Apply apply, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation)
    {
        const string sql =
            """
            INSERT INTO moeplace_apply (job, number, version, finished, body) VALUES (@Job, @Number, @Version, @Finished, @Body)
            ON CONFLICT DO NOTHING
            """;
        return writer.WriteAsync(term, events, change => ExecuteAsync(change, sql, RowOf(apply)), cancellation);
    }

    /// <summary>
    /// Puts another state of an apply on record, and of its job where that changed, only where its version is still the one before and it is not
    /// over.
    /// </summary>
    /// <returns>Whether it was; where not, nothing was written.</returns>
    public Task<bool> ChangeApplyAsync(
        Term term, Apply after, JobRecord? job, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation)
    {
        const string sql =
            """
            UPDATE moeplace_apply SET version = @Version, finished = @Finished, body = @Body
            WHERE job = @Job AND number = @Number AND version = @Version - 1 AND finished = 0
            """;
        return writer.WriteAsync(
            term, events, async change => await ExecuteAsync(change, sql, RowOf(after)) && (job is null || await PutJobAsync(change, job)),
            cancellation);
    }

    /// <summary>Puts events on record by themselves.</summary>
    public Task AddEventsAsync(Term term, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) =>
        writer.WriteAsync(term, events, _ => Task.FromResult(true), cancellation);

    /// <summary>Events after one, oldest first. One that was not there yet never comes before one that was.</summary>
    /// <param name="after">The sequence number of the last that is known; 0 for all.</param>
    /// <param name="job">Of one job; null for all.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancellation">Gives it up.</param>
    public async Task<IReadOnlyList<ServiceEvent>> EventsAsync(long after, string? job, int most, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        if (job is not (null or "") && !JobSpec.IsName(job))
            return [];
        var ofJob = job is null ? "" : "AND job = @job";
        var sql = $"SELECT sequence, body FROM moeplace_event WHERE sequence > @after {ofJob} ORDER BY sequence LIMIT @most";
        var rows = await QueryAsync<(long Sequence, string Body)>(sql, new { after, job, most }, cancellation);
        return [.. rows.Select(row => Read<ServiceEvent>(row.Body) with { Sequence = row.Sequence })];
    }

    /// <summary>The sequence number of the last event; 0 where there is none.</summary>
    public async Task<long> LastEventAsync(CancellationToken cancellation) =>
        (await QueryAsync<long>("SELECT COALESCE(MAX(sequence), 0) FROM moeplace_event", new { }, cancellation)).Single();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        writer.Dispose();
    }

    internal static string Write<T>(T value) => JsonSerializer.Serialize(value, StrictJson.OneLine);

    private static Task<bool> PutJobAsync(DbTransaction change, JobRecord job) =>
        ExecuteAsync(
            change, "INSERT INTO moeplace_job (name, body) VALUES (@name, @body) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
            new { name = job.Spec.Name, body = Write(job) });

    private static async Task<bool> PutPlacementAsync(DbTransaction change, string job, string digest, string body)
    {
        const string sql = "INSERT INTO moeplace_placement (job, digest, body) VALUES (@job, @digest, @body) ON CONFLICT DO NOTHING";
        await change.Connection!.ExecuteAsync(sql, new { job, digest, body }, change);
        return true;
    }

    private static async Task<bool> ExecuteAsync(DbTransaction change, string sql, object values) =>
        await change.Connection!.ExecuteAsync(sql, values, change) > 0;

    private static object RowOf(Apply apply) =>
        new { apply.Job, apply.Number, apply.Version, Finished = apply.IsOver ? 1 : 0, Body = Write(apply) };

    private static DecisionRow ReadDecision((string Decided, string Body) row)
    {
        var decision = Read<Decision>(row.Body);
        return new DecisionRow(decision.Job, decision.Number, DateTimeOffset.Parse(row.Decided, CultureInfo.InvariantCulture), decision);
    }

    private static T Read<T>(string body) => JsonSerializer.Deserialize<T>(body, StrictJson.OneLine)!;

    private Task<IEnumerable<T>> QueryAsync<T>(string sql, object values, CancellationToken cancellation)
    {
        var command = new CommandDefinition(sql, values, cancellationToken: cancellation);
        return database.TryAsync(connection => connection.QueryAsync<T>(command), cancellation);
    }
}
