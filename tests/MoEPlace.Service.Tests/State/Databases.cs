using Xunit;

namespace MoEPlace.Service.Tests.State;

/// <summary>Which database a test runs on.</summary>
public enum DatabaseKind
{
    /// <summary>SQLite, in a file.</summary>
    Sqlite,

    /// <summary>PostgreSQL, in a schema.</summary>
    Postgres,
}

/// <summary>Empty databases for tests, all of one server. Tests of this collection run one after another: some of them kill the server.</summary>
[CollectionDefinition(Name)]
public sealed class Databases : ICollectionFixture<Databases>, IAsyncLifetime
{
    public const string Name = "databases";
    private readonly string folder = Directory.CreateTempSubdirectory("moeplace-state-").FullName;
    private int made;

    public PostgresServer Postgres { get; } = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>What to open an empty one by.</summary>
    public async Task<string> EmptyAsync(DatabaseKind kind)
    {
        var name = $"s{Interlocked.Increment(ref made)}";
        return kind == DatabaseKind.Sqlite ? $"sqlite:{Path.Combine(folder, name)}.db" : await Postgres.SchemaAsync(name);
    }

    public async ValueTask DisposeAsync()
    {
        await Postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
