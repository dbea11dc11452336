using System.Data.Common;
using System.Globalization;
using Dapper;

namespace MoEPlace.Service.State;

/// <summary>The tables of the state, version by version. Both databases take the same text.</summary>
internal static class StateSchema
{
    // Any number does, as long as it stays the same.
    private const long MigrationLock = 0x4d6f_4550_6c61_6365;

    // Steps[v] leads from version v to v + 1. One that was released is never changed.
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE moeplace_leader (
            id SMALLINT PRIMARY KEY CHECK (id = 1), term BIGINT NOT NULL, holder TEXT NOT NULL, instance TEXT NOT NULL, expires BIGINT NOT NULL,
            sequence BIGINT NOT NULL);
        INSERT INTO moeplace_leader (id, term, holder, instance, expires, sequence) VALUES (1, 0, '', '', 0, 0);
        CREATE TABLE moeplace_job (name TEXT PRIMARY KEY, body TEXT NOT NULL);
        CREATE TABLE moeplace_placement (job TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (job, digest));
        CREATE TABLE moeplace_decision (
            job TEXT NOT NULL, number INTEGER NOT NULL, decided TEXT NOT NULL, body TEXT NOT NULL, record BYTEA NOT NULL,
            PRIMARY KEY (job, number));
        CREATE TABLE moeplace_apply (
            job TEXT NOT NULL, number INTEGER NOT NULL, version INTEGER NOT NULL, finished SMALLINT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (job, number));
        CREATE UNIQUE INDEX moeplace_apply_under_way ON moeplace_apply (job) WHERE finished = 0;
        CREATE TABLE moeplace_event (sequence BIGINT PRIMARY KEY, job TEXT NOT NULL, body TEXT NOT NULL);
        CREATE INDEX moeplace_event_of_job ON moeplace_event (job, sequence);
        """,
    ];

    /// <summary>The version that this program reads and writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Makes what is missing; several may do so at once.</summary>
    /// <exception cref="InputException">The tables are of a later version.</exception>
    public static async Task<bool> MigrateAsync(StateDatabase database, DbConnection connection, CancellationToken cancellation)
    {
        if (!database.IsPostgres)
            await connection.ExecuteAsync("PRAGMA journal_mode = WAL");
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (database.IsPostgres)
            await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@MigrationLock)", new { MigrationLock }, transaction);
        await connection.ExecuteAsync("CREATE TABLE IF NOT EXISTS moeplace_version (version INTEGER NOT NULL)", transaction: transaction);
        var found = await connection.ExecuteScalarAsync<int?>("SELECT MAX(version) FROM moeplace_version", transaction: transaction) ?? 0;
        if (found > Version)
        {
            var allowed = string.Create(CultureInfo.InvariantCulture, $"{Version} or less; use the version of moeplace that wrote it");
            throw new InputException("state", $"{database.Name} version", found, allowed);
        }
        for (var version = found; version < Version; version++)
        {
            await connection.ExecuteAsync(Steps[version], transaction: transaction);
            await connection.ExecuteAsync("INSERT INTO moeplace_version (version) VALUES (@next)", new { next = version + 1 }, transaction);
        }
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }
}
