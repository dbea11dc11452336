namespace MoEPlace.Executor.Tests;

/// <summary>A folder of one test, in memory where the system has such a place.</summary>
internal sealed class TempFolder : IDisposable
{
    private static readonly string Root = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    internal string Path { get; } = Directory.CreateDirectory(System.IO.Path.Combine(Root, $"moeplace-executor-{Guid.NewGuid():N}")).FullName;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
