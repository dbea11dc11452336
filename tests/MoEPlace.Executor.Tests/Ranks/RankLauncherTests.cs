using System.Collections.Concurrent;
using MoEPlace.Executor.Ranks;
using Xunit;

namespace MoEPlace.Executor.Tests.Ranks;

/// <summary>The launcher over ranks that are scripts of the shell.</summary>
public sealed class RankLauncherTests
{
    private readonly ConcurrentQueue<string> errors = [];

    [Fact]
    public void The_result_is_that_of_rank_0_and_errors_are_those_of_all()
    {
        var result = Launch("echo out $RANK/$WORLD_SIZE $LOCAL_RANK; echo err $RANK >&2");
        Assert.Equal(new RankLaunchResult(0, "out 0/3 0\n", null), result);
        Assert.Equal(["0: err 0", "1: err 1", "2: err 2"], errors.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("exit 7", 3, "rank 1 ended with exit code 7")]
    [InlineData("exit 2", 2, "rank 1 ended with exit code 2")]
    [InlineData("kill -9 $$", 3, "rank 1 was killed by signal 9 (KILL)")]
    public void A_rank_that_dies_is_named_and_ends_the_others(string death, int code, string told)
    {
        // The others wait for the end of their standard input, as ranks do.
        var result = Launch($"[ $RANK = 1 ] && {death}; read nothing");
        Assert.Equal(new RankLaunchResult(code, "", told), result);
    }

    [Fact]
    public void A_rank_that_was_killed_comes_before_those_that_lost_it()
    {
        var result = Launch($"[ $RANK = 0 ] && exit {RankLauncher.FollowedExitCode}; [ $RANK = 1 ] && {{ sleep 0.2; kill -11 $$; }}; read nothing");
        Assert.Equal("rank 1 was killed by signal 11 (SEGV)", result.Failure);
    }

    [Fact]
    public void A_rank_that_does_not_end_by_itself_is_killed()
    {
        using var folder = new TempFolder();
        var result = Launch($"echo $$ > {folder.Path}/$RANK; [ $RANK = 1 ] && sleep 0.3 && exit 9; exec sleep 1000");
        Assert.Equal("rank 1 ended with exit code 9", result.Failure);
        Assert.All(Directory.GetFiles(folder.Path), file => Assert.False(Directory.Exists($"/proc/{File.ReadAllText(file).Trim()}"), file));
    }

    [Fact]
    public void Ranks_that_never_join_are_named()
    {
        var result = Launch("read nothing", timeout: 0.2);
        Assert.Equal(new RankLaunchResult(3, "", "rank 0, 1, 2 did not join within 0.2 s"), result);
    }

    [Fact]
    public void Cancelling_ends_all_ranks() =>
        Assert.ThrowsAny<OperationCanceledException>(() => Launch("read nothing", cancelAfter: 0.3));

    [Theory]
    [InlineData(2, "kill -9 $$", 0, 2)]
    [InlineData(2, "exit 3", 0, 2)]
    [InlineData(1, "exit 3", 3, 1)]
    [InlineData(0, "exit 3", 3, 0)]
    [InlineData(5, "exit 2", 2, 0)]
    public void Lost_ranks_are_started_anew_as_often_as_is_allowed_and_bad_input_is_not(int allowed, string death, int code, int restarts)
    {
        var result = Launch(
            $"n=$TORCHELASTIC_RESTART_COUNT; echo $n; [ $RANK = 1 ] && [ $n -lt 2 ] && {death}; [ $n = 2 ] || read nothing",
            restarts: allowed);
        Assert.Equal((code, code == 0 ? "2\n" : ""), (result.ExitCode, result.Output));
        var fate = death == "kill -9 $$" ? "rank 1 was killed by signal 9 (KILL)" : "rank 1 ended with exit code 3";
        Assert.Equal(Enumerable.Range(1, restarts).Select(restart => $"restart {restart}: {fate}"), errors);
    }

    private RankLaunchResult Launch(string script, double timeout = 60, double cancelAfter = 60, int restarts = 0)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ranks are scripts of a shell");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancellation.CancelAfter(TimeSpan.FromSeconds(cancelAfter));
        var options = new RankLaunchOptions
        {
            Program = "/bin/sh",
            Arguments = ["-c", script],
            Ranks = 3,
            Grace = TimeSpan.FromSeconds(0.5),
            RendezvousTimeout = TimeSpan.FromSeconds(timeout),
            Restarts = restarts,
        };
        return RankLauncher.Run(
            options, (rank, line) => errors.Enqueue($"{rank}: {line}"), cancellation.Token,
            (restart, failure) => errors.Enqueue($"restart {restart}: {failure}"));
    }
}
