using System.Diagnostics;
using Xunit;

namespace MoEPlace.Tests;

/// <summary>What ./test makes of test projects that pass, fail, crash or hang, and what the setup says of a missing package.</summary>
public sealed class RepositoryLauncherTests : IDisposable
{
    private const string Summary = "echo '   A.Tests  Total: 5, Errors: 0, Failed: 0, Skipped: 2, Not Run: 0, Time: 0.1s'";
    private readonly string root = Directory.CreateTempSubdirectory("launch ers").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData(Summary, 0, "3 passed, 0 failed, 2 skipped")]
    [InlineData("echo '   A.Tests  Total: 5, Errors: 1, Failed: 2, Skipped: 0, Not Run: 1, Time: 0.1s'; exit 1", 1, "2 passed, 3 failed")]
    [InlineData("echo '   A.Tests  Total: 0'", 1, "0 passed, 1 failed")]
    [InlineData("echo dying; kill -ABRT $$", 1, "0 passed, 1 failed")]
    [InlineData("exit 0", 1, "0 passed, 1 failed")]
    [InlineData(Summary + "; exit 3", 1, "3 passed, 1 failed, 2 skipped")]
    [InlineData(Summary + "; sleep 0.5 &", 0, "3 passed, 0 failed, 2 skipped")]
    [InlineData(Summary + "; sleep 50 &", 1, "3 passed, 1 failed, 2 skipped")]
    [InlineData("sleep 50", 1, "0 passed, 1 failed")]
    public void The_last_line_counts_what_went_wrong(string project, int code, string lastLine)
    {
        Script("artifacts/bin/A.Tests/release/A.Tests", project);
        Directory.CreateDirectory(Path.Combine(root, "tests", "A.Tests"));
        var run = Bash("set -euo pipefail; say() { :; }; . \"$1/run-tests.sh\"; choose_tests; run_tests", project == "sleep 50" ? 2 : 60);
        Assert.Equal((code, lastLine), (run.Code, run.Output.TrimEnd().Split('\n')[^1]));
    }

    [Fact]
    public void Names_choose_projects_or_tests()
    {
        Directory.CreateDirectory(Path.Combine(root, "tests", "MoEPlace.A.Tests"));
        Directory.CreateDirectory(Path.Combine(root, "tests", "MoEPlace.Tests"));
        const string Choose = ". \"$1/run-tests.sh\"; show() { choose_tests \"$@\"; echo \"${projects[*]} / ${filters[*]}\"; }; ";
        Assert.Equal("MoEPlace.A.Tests MoEPlace.Tests / \n", Bash(Choose + "show").Output);
        Assert.Equal("MoEPlace.A.Tests / \n", Bash(Choose + "show a").Output);
        Assert.Equal("MoEPlace.Tests / \n", Bash(Choose + "show MoEPlace").Output);
        Assert.Equal("MoEPlace.A.Tests / -method *Some_test*\n", Bash(Choose + "show moeplace.a.tests Some_test").Output);
        Assert.Equal("MoEPlace.A.Tests MoEPlace.Tests / -method *Other*\n", Bash(Choose + "show Other").Output);
    }

    [Fact]
    public void Packages_that_are_not_installed_are_missing()
    {
        Script(
            "fake/dpkg-query",
            "shift 3; for name; do [ $name = fonts-dejavu-core ] && echo $name=config-files || echo $name=installed; done");
        var run = Bash(". \"$1/prepare.sh\"; PATH=\"$root/fake:$PATH\" missing_packages");
        Assert.Equal((0, "fonts-dejavu-core"), (run.Code, run.Output));
    }

    [Fact]
    public void A_stale_stamp_is_seen()
    {
        foreach (var file in new[] { "src/A.cs", "setup/x", "node_modules/x", "artifacts/setup/program" })
            Script(file, "");
        Script("artifacts/bin/MoEPlace.Cli/release/MoEPlace.Cli", "");
        File.WriteAllText(Path.Combine(root, "artifacts/setup/program"), root + "\n");
        const string Built = ". \"$1/prepare.sh\"; built program 2>/dev/null && echo fresh || echo stale";
        Assert.Equal("fresh\n", Bash(Built).Output);
        File.SetLastWriteTimeUtc(Path.Combine(root, "src/A.cs"), DateTime.UtcNow.AddSeconds(5));
        Assert.Equal("stale\n", Bash(Built).Output);
        File.Delete(Path.Combine(root, "src/A.cs"));
        Directory.SetLastWriteTimeUtc(Path.Combine(root, "src"), DateTime.UtcNow.AddSeconds(5));
        Assert.Equal("stale\n", Bash(Built).Output);
        Directory.SetLastWriteTimeUtc(Path.Combine(root, "src"), DateTime.UtcNow.AddSeconds(-5));
        Assert.Equal("fresh\n", Bash(Built).Output);
        File.WriteAllText(Path.Combine(root, "artifacts/setup/program"), "/another/place\n");
        Assert.Equal("stale\n", Bash(Built).Output);
    }

    private void Script(string path, string text)
    {
        var file = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "#!/bin/bash\n" + text + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private (int Code, string Output) Bash(string script, int limitSeconds = 60)
    {
        var start = new ProcessStartInfo("bash", ["-c", "root=$2; " + script, "test", Path.Combine(RepositoryTree.Root, "setup"), root])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MOEPLACE_TEST_LIMIT"] = $"{limitSeconds}";
        using var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
