using System.Diagnostics;
using System.Globalization;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using Xunit;

namespace MoEPlace.Executor.Tests.Control;

public sealed class ControlFileTests
{
    [Fact]
    public void Only_its_owner_may_read_it_and_it_goes_with_the_port()
    {
        using var given = new PortCase();
        var path = Path.Combine(given.Path, ControlFile.Name);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Matches("^[0-9a-f]{64}$", given.File.Token);
        Assert.Equal(Environment.ProcessId, given.File.Process);
        given.Port.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(given.Path));
    }

    [Fact]
    public void Every_port_has_a_token_of_its_own_and_one_that_ends_leaves_the_file_of_the_next()
    {
        using var first = new PortCase();
        var next = ControlPort.Open(first.Path, new ApplyDesk(), PortCase.Current);
        var file = ControlFile.Read(first.Path);
        Assert.NotEqual(first.File.Token, file.Token);
        first.Port.Dispose();
        Assert.Equal(file, ControlFile.Read(first.Path));
        next.Dispose();
        Assert.Throws<IOException>(() => ControlFile.Read(first.Path));
    }

    [Fact]
    public void What_a_killed_job_left_is_no_job()
    {
        using var given = new PortCase();
        var path = Path.Combine(given.Path, ControlFile.Name);
        using var ended = Process.Start("true");
        ended.WaitForExit();
        File.WriteAllText(path, File.ReadAllText(path).Replace(
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture), ended.Id.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        var refused = Assert.Throws<IOException>(() => ControlFile.Read(given.Path));
        Assert.Contains("has ended", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_file_that_is_none_with_every_fault_but_not_the_token()
    {
        using var given = new PortCase();
        var path = Path.Combine(given.Path, ControlFile.Name);
        File.WriteAllText(path, """{"format":"moeplace.control/1","port":0,"token":"DEADBEEF","process":-1}""");
        var bad = Assert.Throws<InputException>(() => ControlFile.Read(given.Path));
        Assert.Equal(["port", "token", "process"], bad.Faults.Select(fault => fault.Field));
        Assert.DoesNotContain("DEADBEEF", bad.Message, StringComparison.Ordinal);
        File.WriteAllText(path, "no JSON");
        Assert.Throws<InputException>(() => ControlFile.Read(given.Path));
    }
}
