using System.Data.Common;
using Dapper;

namespace MoEPlace.Service.State;

/// <summary>Writes under a term, each write once even where the answer to its commit is lost.</summary>
internal sealed class StateWriter(StateDatabase database) : IDisposable
{
    // Locks the leader's row until the commit, so that nobody can take the lead, and no other write number its events, in between. A process
    // that is stopped in the middle must not keep the lead from others: the server ends its session.
    private const string Fence = "UPDATE moeplace_leader SET sequence = sequence + @numbers WHERE id = 1 AND term = @term RETURNING sequence";
    private const string PostgresFence = "SET LOCAL idle_in_transaction_session_timeout = 2000; SET LOCAL lock_timeout = 3000; " + Fence;
    private const string AddEvent = "INSERT INTO moeplace_event (sequence, job, body) VALUES (@sequence, @job, @body)";
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Writes, with events that tell of it, whole or not at all.</summary>
    /// <param name="term">Under which.</param>
    /// <param name="events">They are numbered here.</param>
    /// <param name="work">What is written; false leaves everything as it was.</param>
    /// <param name="cancellation">Gives it up, and then nothing was written.</param>
    /// <returns>What <paramref name="work"/> returned.</returns>
    /// <exception cref="LeadershipLostException">There is a later term; who reads again sees what came of it.</exception>
    /// <exception cref="IOException">The database failed; the message tells when it is unknown whether it was written.</exception>
    public async Task<bool> WriteAsync(
        Term term, IReadOnlyList<ServiceEvent> events, Func<DbTransaction, Task<bool>> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(events);
        await turn.WaitAsync(cancellation);
        var attempt = new Attempt();
        try
        {
            return await database.TryAsync(connection => WriteAsync(connection, term, events, work, attempt, cancellation), cancellation);
        }
        catch (IOException e) when (attempt.Committing)
        {
            throw new IOException($"{e.Message}; whether it was written is unknown", e);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<bool> WriteAsync(
        DbConnection connection, Term term, IReadOnlyList<ServiceEvent> events, Func<DbTransaction, Task<bool>> work, Attempt attempt,
        CancellationToken cancellation)
    {
        await using var change = await connection.BeginTransactionAsync(cancellation);
        var last = await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
            database.IsPostgres ? PostgresFence : Fence, new { numbers = events.Count + 1, term = term.Number }, change,
            cancellationToken: cancellation));
        if (last is null)
            throw await LostAsync(connection, change, term);
        // Only this store writes under this term, one write at a time. So where numbers are gone since an earlier attempt took the same ones, that
        // attempt was committed and only its answer was lost.
        if (attempt.Committing && attempt.Last != last)
            return true;
        attempt.Committing = false;
        attempt.Last = last.Value;
        if (!await work(change))
            return false;
        for (var i = 0; i < events.Count; i++)
        {
            var row = new { sequence = last.Value - events.Count + i, job = events[i].Job, body = StateStore.Write(events[i]) };
            await connection.ExecuteAsync(AddEvent, row, change);
        }
        cancellation.ThrowIfCancellationRequested();
        attempt.Committing = true;
        await change.CommitAsync(CancellationToken.None);
        return true;
    }

    private static async Task<LeadershipLostException> LostAsync(DbConnection connection, DbTransaction change, Term term)
    {
        var (number, holder) = await connection.QuerySingleAsync<(long, string)>("SELECT term, holder FROM moeplace_leader", transaction: change);
        return new LeadershipLostException($"term {term.Number} of {term.Holder} is over: {holder} leads in term {number}");
    }

    // Of one write: the last number that its latest attempt took, and whether that was told to commit.
    private sealed class Attempt
    {
        public long Last { get; set; }

        public bool Committing { get; set; }
    }
}
