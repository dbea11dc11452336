using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MoEPlace.Service.State;

/// <summary>A database of SQLite or PostgreSQL: where it is, how it is opened, and which of its failures pass by themselves.</summary>
internal sealed class StateDatabase : IAsyncDisposable
{
    private const string SqlitePrefix = "sqlite:";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);
    private readonly DbDataSource source;
    private volatile bool closed;

    private StateDatabase(DbDataSource source, string name, bool isPostgres)
    {
        this.source = source;
        Name = name;
        IsPostgres = isPostgres;
    }

    /// <summary>What it is called in messages: where it is, without user or password.</summary>
    public string Name { get; }

    /// <summary>Whether it is PostgreSQL; otherwise SQLite.</summary>
    public bool IsPostgres { get; }

    /// <summary>Reads a connection, without opening it.</summary>
    /// <exception cref="InputException">It names no database; secrets are not told.</exception>
    public static StateDatabase Of(string connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return connection.StartsWith(SqlitePrefix, StringComparison.Ordinal) ? OfSqlite(connection[SqlitePrefix.Length..]) : OfPostgres(connection);
    }

    /// <summary>
    /// Does something with a connection. While the database restarts, is busy or drops the connection, all of it is done again, for about
    /// three seconds: so it must be something that may be done again.
    /// </summary>
    /// <exception cref="IOException">The database fails, or is still away.</exception>
    public async Task<T> TryAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellation)
    {
        var since = Stopwatch.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(20); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellation);
                return await work(connection);
            }
            catch (Exception e) when (e is DbException or TimeoutException or System.Net.Sockets.SocketException)
            {
                if (!Passes(e) || Stopwatch.GetElapsedTime(since) > Patience)
                    throw new IOException($"the state in {Name}: {Told(e)}", e);
            }
            // What is left in the pool was connected to the same server, which may be gone.
            (source as NpgsqlDataSource)?.Clear();
            await Task.Delay(pause, cancellation);
        }
    }

    /// <summary>What a failure says, on one line.</summary>
    public static string Told(Exception failure)
    {
        var (what, why) = (failure.Message, failure.GetBaseException().Message);
        return (what == why ? what : $"{what}: {why}").ReplaceLineEndings(" ");
    }

    /// <summary>Closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        closed = true;
        if (!IsPostgres)
        {
            using var any = (SqliteConnection)source.CreateConnection();
            SqliteConnection.ClearPool(any);
        }
        await source.DisposeAsync();
    }

    private static StateDatabase OfSqlite(string file)
    {
        var folder = file.Length == 0 || file.Contains('\0') ? null : Path.GetDirectoryName(Path.GetFullPath(file));
        if (folder is null || !Directory.Exists(folder) || Directory.Exists(file))
            throw new InputException("state", SqlitePrefix, file, "a file in a folder that exists");
        var path = Path.GetFullPath(file);
        var text = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ConnectionString;
        return new StateDatabase(SqliteFactory.Instance.CreateDataSource(text), path, isPostgres: false);
    }

    private static StateDatabase OfPostgres(string connection)
    {
        NpgsqlConnectionStringBuilder text;
        try
        {
            text = new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            text = new NpgsqlConnectionStringBuilder();
        }
        // Neither the text nor what the parser says of it is told: either may hold a password.
        if (string.IsNullOrEmpty(text.Host))
        {
            const string allowed = "sqlite:FILE, or as Host=...;Port=...;Username=...;Password=...;Database=...";
            throw new InputException("state", "connection", "(not shown)", allowed);
        }
        if (!text.ContainsKey("Timeout"))
            text.Timeout = 3;
        if (!text.ContainsKey("Command Timeout"))
            text.CommandTimeout = 10;
        if (!text.ContainsKey("Maximum Pool Size"))
            text.MaxPoolSize = 16;
        return new StateDatabase(NpgsqlDataSource.Create(text), $"{text.Host}:{text.Port}/{text.Database ?? text.Username}", isPostgres: true);
    }

    // SQLSTATE classes: 08 connection, 40 a transaction that may be tried again, 53 resources, 57 an operator's intervention such as a restart;
    // 25P03 a session that idled in a transaction, 55P03 a lock that was not free. SQLite: 5 busy, 6 locked.
    private static bool Passes(Exception failure) => failure switch
    {
        PostgresException e => e.IsTransient || e.SqlState is "25P03" or "55P03" || e.SqlState[..2] is "08" or "40" or "53" or "57",
        NpgsqlException e => e.IsTransient || e.InnerException is IOException or System.Net.Sockets.SocketException or TimeoutException,
        SqliteException e => e.SqliteErrorCode is 5 or 6,
        _ => true,
    };
}
