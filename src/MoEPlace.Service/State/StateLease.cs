using Dapper;

namespace MoEPlace.Service.State;

/// <summary>Who leads: a row with a term, a holder and the time at which its lease runs out.</summary>
internal sealed class StateLease(StateDatabase database, TimeProvider time)
{
    // A process that starts again under its old name is another leader: what the old one still has under way must not count as its own.
    private readonly string instance = Guid.NewGuid().ToString("N");

    // PostgreSQL asks its own clock, the same one for all instances; SQLite is on one machine, whose clock it is.
    private readonly string now = database.IsPostgres ? "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)" : "@clock";

    /// <summary>See <see cref="StateStore.LeadAsync"/>.</summary>
    public async Task<Term?> LeadAsync(string holder, TimeSpan lease, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(holder);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        var sql =
            $"""
            UPDATE moeplace_leader
            SET term = CASE WHEN instance = @instance THEN term ELSE term + 1 END, holder = @holder, instance = @instance, expires = {now} + @lease
            WHERE id = 1 AND (instance = @instance OR expires <= {now}) RETURNING term
            """;
        var term = await AskAsync<long?>(sql, new { instance, holder, lease = (long)lease.TotalMilliseconds, clock = Clock() }, cancellation);
        return term is { } number ? new Term(number, holder) : null;
    }

    /// <summary>See <see cref="StateStore.ResignAsync"/>.</summary>
    public Task ResignAsync(Term term, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(term);
        const string sql =
            "UPDATE moeplace_leader SET expires = 0, instance = '' WHERE id = 1 AND term = @term AND instance = @instance RETURNING term";
        return AskAsync<long?>(sql, new { term = term.Number, instance }, cancellation);
    }

    /// <summary>See <see cref="StateStore.LeaderAsync"/>.</summary>
    public Task<string?> LeaderAsync(CancellationToken cancellation) =>
        AskAsync<string?>($"SELECT holder FROM moeplace_leader WHERE expires > {now}", new { clock = Clock() }, cancellation);

    private long Clock() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private Task<T?> AskAsync<T>(string sql, object values, CancellationToken cancellation)
    {
        var command = new CommandDefinition(sql, values, cancellationToken: cancellation);
        return database.TryAsync(connection => connection.ExecuteScalarAsync<T>(command), cancellation);
    }
}
