namespace MoEPlace.Cli.Tests;

/// <summary>A folder of one test, in memory where the system has such a place.</summary>
internal sealed class TempFolder : IDisposable
{
    private static readonly string Root = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    internal string Path { get; } = Directory.CreateDirectory(System.IO.Path.Combine(Root, $"moeplace-cli-{Guid.NewGuid():N}")).FullName;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Paths of all files below, from the folder, in ordinal order.</summary>
    internal string[] Files() =>
        [.. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Select(f => f[(Path.Length + 1)..])
            .Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
