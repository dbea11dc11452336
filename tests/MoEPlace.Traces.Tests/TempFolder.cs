namespace MoEPlace.Traces.Tests;

/// <summary>A folder of one test, in memory where the system has such a place.</summary>
internal sealed class TempFolder : IDisposable
{
    private static readonly string Root = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    internal TempFolder() => Path = Directory.CreateDirectory(System.IO.Path.Combine(Root, $"moeplace-{Guid.NewGuid():N}")).FullName;

    internal string Path { get; }

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    internal string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    internal string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
