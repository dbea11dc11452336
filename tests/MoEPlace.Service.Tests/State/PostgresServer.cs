using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace MoEPlace.Service.Tests.State;

/// <summary>
/// A PostgreSQL of Debian's on a loopback port, with its data in a folder of its own, started when a test first asks for it. It refuses to run as
/// root, so root starts it as the user postgres. It ends with the process of the tests, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string Install = "PostgreSQL is missing: apt-get install postgresql";

    // When this process is gone, its end of the shell's input is closed, and that ends the server.
    private const string Guarded = "exec 3<&0; \"$@\" 3<&- & server=$!; { read -r _ <&3; kill -QUIT $server; } & wait $server; kill $! 2>/dev/null";
    private readonly SemaphoreSlim turn = new(1);
    private string? folder;
    private Process? guard;

    /// <summary>Where it listens; 0 before it was started.</summary>
    public int Port { get; private set; }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A connection string to a schema of its own, empty.</summary>
    public async Task<string> SchemaAsync(string schema)
    {
        await turn.WaitAsync();
        try
        {
            if (folder is null)
            {
                await InitializeFolderAsync();
                await StartAsync();
            }
        }
        finally
        {
            turn.Release();
        }
        await using var connection = new NpgsqlConnection(ConnectionString("public") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE SCHEMA {schema}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(schema);
    }

    /// <summary>Ends all of it at once, as a machine that fails does.</summary>
    public async Task KillAsync()
    {
        var main = int.Parse((await File.ReadAllLinesAsync(Path.Combine(folder!, "data", "postmaster.pid")))[0], CultureInfo.InvariantCulture);
        foreach (var process in ChildrenOf(main).Prepend(main).ToArray())
        {
            try
            {
                Process.GetProcessById(process).Kill();
            }
            catch (ArgumentException)
            {
                // It ended by itself.
            }
        }
        await guard!.WaitForExitAsync();
    }

    /// <summary>Starts it, on the same port with the same data, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        string[] command =
        [
            Program("postgres"), "-D", Path.Combine(folder!, "data"), "-p", Port.ToString(CultureInfo.InvariantCulture), "-h", "127.0.0.1",
            "-k", "", "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=16MB", "-c", "logging_collector=off",
        ];
        for (var tries = 0; ; tries++)
        {
            // It refuses as long as a process that was forked while it was killed has not noticed that.
            if (guard is null || guard.HasExited)
            {
                guard?.Dispose();
                guard = Start("sh", ["-c", Guarded, "sh", .. AsOther(command)]);
                _ = guard.StandardError.ReadToEndAsync();
            }
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("public") + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (tries < 300)
            {
                await Task.Delay(50);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (guard is not null)
        {
            guard.StandardInput.Close();
            await guard.WaitForExitAsync();
            guard.Dispose();
        }
        if (folder is not null)
            Directory.Delete(folder, recursive: true);
        turn.Dispose();
        NpgsqlConnection.ClearAllPools();
    }

    private string ConnectionString(string schema) => $"Host=127.0.0.1;Port={Port};Username=moeplace;Database=postgres;Search Path={schema}";

    private async Task InitializeFolderAsync()
    {
        // Not the folder for temporary files of this process: that may be one that only its owner can enter.
        folder = Directory.CreateDirectory($"/var/tmp/moeplace-postgres-{Guid.NewGuid():N}").FullName;
        if (Environment.UserName == "root")
            await RunAsync("chown", ["postgres", folder]);
        await RunAsync(AsOther([Program("initdb"), "-D", Path.Combine(folder, "data"), "-U", "moeplace", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Program(string name)
    {
        var found = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin", name)).Where(File.Exists)
                .Max(StringComparer.Ordinal)
            : null;
        Assert.True(found is not null, Install);
        return found;
    }

    private static string[] AsOther(string[] command) => Environment.UserName == "root"
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]
        : command;

    private static Task RunAsync(string[] command) => RunAsync(command[0], command[1..]);

    private static async Task RunAsync(string program, string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var told = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {told}");
    }

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        var process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        return process;
    }

    private static IEnumerable<int> ChildrenOf(int parent)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)))
        {
            string stat;
            try
            {
                stat = File.ReadAllText($"/proc/{process}/stat");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture))
                yield return int.Parse(process!, CultureInfo.InvariantCulture);
        }
    }
}
