using System.Diagnostics;
using Xunit;

namespace MoEPlace.Tests;

public sealed class OutputFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");

    [Fact]
    public void Replaces_a_file_and_leaves_nothing_beside_it()
    {
        var path = At("file");
        OutputFile.WriteText(path, "old");
        OutputFile.WriteText(path, "new");
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Single(folder.GetFileSystemInfos());
    }

    [Fact]
    public void Writes_through_a_link_and_the_link_stays()
    {
        OutputFile.WriteText(At("target"), "old");
        File.CreateSymbolicLink(At("link"), At("target"));
        OutputFile.WriteText(At("link"), "new");
        Assert.Equal("new", File.ReadAllText(At("target")));
        Assert.NotNull(new FileInfo(At("link")).LinkTarget);
    }

    [Fact]
    public void A_pipe_is_refused_and_stays()
    {
        using (var made = Process.Start("mkfifo", At("pipe")))
            made.WaitForExit();
        var fault = Assert.Throws<InputException>(() => OutputFile.WriteText(At("pipe"), "x")).Faults.Single();
        Assert.Contains("not a device or a pipe", fault.Allowed, StringComparison.Ordinal);
        Assert.Single(folder.GetFileSystemInfos());
    }

    [Fact]
    public void When_writing_fails_the_older_file_stays()
    {
        OutputFile.WriteText(At("file"), "old");
        Assert.Throws<InvalidOperationException>(() => OutputFile.Write(At("file"), _ => throw new InvalidOperationException()));
        Assert.Equal("old", File.ReadAllText(At("file")));
        Assert.Single(folder.GetFileSystemInfos());
    }

    public void Dispose() => folder.Delete(recursive: true);

    private string At(string name) => Path.Combine(folder.FullName, name);
}
