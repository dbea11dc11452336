using System.Diagnostics;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class ReportFilesTests
{
    private static readonly ResultFile[] Small = [MadeUp.Result(["contiguous", "affinity"], layers: 2, experts: 8)];

    [Fact]
    public void The_same_results_give_the_same_bytes_and_an_older_report_is_replaced()
    {
        using var folder = new TemporaryFolder();
        Report.Write(Small, folder["a"], CancellationToken.None);
        Directory.CreateDirectory(folder["b"]);
        File.WriteAllText(folder["b/index.html"], "<html>\n<meta name=\"generator\" content=\"MoEPlace\">\n");
        File.WriteAllText(folder["b/7-load.png"], "of an older report");
        File.WriteAllText(folder["b/load.csv"], "of an older report");
        File.WriteAllText(folder["b/notes.csv"], "of a person");
        Report.Write(Small, folder["b"], CancellationToken.None);
        Assert.Equal("of a person", File.ReadAllText(folder["b/notes.csv"]));
        File.Delete(folder["b/notes.csv"]);
        Assert.Equal(Names(folder["a"]), Names(folder["b"]));
        Assert.All(Names(folder["a"]), name => Assert.Equal(File.ReadAllBytes(folder["a/" + name]), File.ReadAllBytes(folder["b/" + name])));
        Assert.Equal(["a", "b"], Directory.GetFileSystemEntries(folder.Path).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void A_cancelled_report_kills_node_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var bin = new TemporaryFolder();
        var node = Program(bin, "echo $$ > " + bin["pid"] + "; exec sleep 100");
        using var cancellation = new CancellationTokenSource();
        var writing = Task.Run(() => Report.Write(Small, folder["out"], node, cancellation.Token), TestContext.Current.CancellationToken);
        for (var watch = Stopwatch.StartNew(); !File.Exists(bin["pid"]) || new FileInfo(bin["pid"]).Length == 0;)
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "the program did not start");
        var process = Process.GetProcessById(int.Parse(File.ReadAllText(bin["pid"]), System.Globalization.CultureInfo.InvariantCulture));
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => writing.GetAwaiter().GetResult());
        Assert.True(process.WaitForExit(5000));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Nothing_starts_when_it_is_cancelled_before()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsAny<OperationCanceledException>(() => Report.Write(Small, folder["out"], new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_missing_node_is_told_with_the_command_that_installs_it()
    {
        using var folder = new TemporaryFolder();
        var fault = Assert.Throws<InputException>(() => Report.Write(Small, folder["out"], "no-such-node", CancellationToken.None));
        Assert.Contains("apt-get install nodejs npm", fault.Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(3, "npm ci")]
    [InlineData(4, "apt-get install fonts-dejavu-core")]
    public void What_the_script_misses_is_told_with_the_command_that_installs_it(int exitCode, string command)
    {
        using var folder = new TemporaryFolder();
        using var bin = new TemporaryFolder();
        var fault = Assert.Throws<InputException>(() => Report.Write(Small, folder["out"], Program(bin, $"echo what >&2; exit {exitCode}"), CancellationToken.None));
        Assert.Contains(command, fault.Message);
        Assert.Contains("what", fault.Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Missing_packages_are_told_with_the_command_that_installs_them()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["package-lock.json"], "{}");
        Directory.CreateDirectory(folder["a/b"]);
        var fault = Assert.Throws<InputException>(() => NodePackages.Find(folder["a/b"]));
        Assert.Contains("npm ci --prefix " + folder.Path, fault.Message);
    }

    [Fact]
    public void A_failing_script_leaves_an_older_report_as_it_was()
    {
        using var folder = new TemporaryFolder();
        using var bin = new TemporaryFolder();
        File.WriteAllText(folder["index.html"], "older");
        Assert.Throws<InvalidOperationException>(() => Report.Write(Small, folder.Path, Program(bin, "exit 1"), CancellationToken.None));
        Assert.Equal(["index.html"], Names(folder.Path));
        Assert.Equal("older", File.ReadAllText(folder["index.html"]));
    }

    [Fact]
    public void Invalid_results_are_refused_all_at_once_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        var bad = Small[0] with { Origin = "guessed", Nodes = 3 };
        var fault = Assert.Throws<InputException>(() => Report.Write([Small[0], bad], folder["out"], CancellationToken.None));
        Assert.Contains(fault.Faults, f => f.File == "result 2" && f.Field == "origin");
        Assert.Contains(fault.Faults, f => f.Field == "placements[0].detail.loadByLayerAndRank[0]");
        Assert.Throws<InputException>(() => Report.Write([], folder["out"], CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_file_in_the_place_of_the_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["out"], "a file");
        Assert.Throws<InputException>(() => Report.Write(Small, folder["out"], CancellationToken.None));
        Assert.Equal(["out"], Names(folder.Path));
    }

    private static string[] Names(string folder) => [.. Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static string Program(TemporaryFolder bin, string script)
    {
        File.WriteAllText(bin["node"], "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(bin["node"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return bin["node"];
    }
}
