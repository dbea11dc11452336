using System.Collections.Immutable;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The verb, at the control port of a job whose step loop is the test.</summary>
public sealed class ApplyCommandTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly ApplyDesk desk = new();
    private readonly ControlPort port;

    public ApplyCommandTests()
    {
        port = ControlPort.Open(Job, desk, Map(4, 2));
        ExpertPlacementFile.Write(folder["next.json"], Map(4, 2));
    }

    private string Job => folder["job"];

    [Fact]
    public async Task Applies_and_tells_what_became_of_it()
    {
        var done = new ApplyStatus(ApplyState.Done, 2, 31, 2, 2, 48_000_000, 48_000_000);
        var job = Serve(1234, new ApplyStatus(ApplyState.Preparing, 0, 30, 1, 2, 12_000_000, 48_000_000), done);
        var told = CliRun.Json("apply", folder["next.json"], "--job", Job, "--bytes-per-step", "1234");
        await job;
        Assert.Equal("done", told.GetProperty("state").GetString());
        Assert.Equal((2, 31), (told.GetProperty("epoch").GetInt32(), told.GetProperty("steps").GetInt32()));

        job = Serve(16_000_000, done);
        var table = CliRun.Done("apply", folder["next.json"], "--job", Job).Output;
        await job;
        Assert.All(["applied", "epoch 2", "2 of 2", "48 MB of 48 MB"], word => Assert.Contains(word, table, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ApplyState.Aborted, "not applied: rank 1 needs 1 more spare slot")]
    [InlineData(ApplyState.Ended, "not applied: the job has ended")]
    public async Task Ends_with_1_when_the_job_did_not_apply_it(ApplyState state, string why)
    {
        var job = Serve(16_000_000, new ApplyStatus(state, 0, 3, Reason: state == ApplyState.Aborted ? "rank 1 needs 1 more spare slot" : null));
        var run = CliRun.Of("apply", folder["next.json"], "--job", Job);
        await job;
        Assert.Equal(1, run.Code);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ends_with_1_when_another_apply_is_under_way()
    {
        desk.Ask(new ApplyRequest(Map(4, 2), 1));
        var run = CliRun.Of("apply", folder["next.json"], "--job", Job);
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith("refused: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_how_a_job_stands_and_has_an_apply_given_up()
    {
        var told = CliRun.Json("apply", "--job", Job, "--status");
        Assert.Equal(
            ["state", "epoch", "steps", "wave", "waves", "bytesMoved", "bytesInAll", "reason", "canaryDifference"],
            told.EnumerateObject().Select(one => one.Name));
        Assert.Equal("serving", told.GetProperty("state").GetString());
        Assert.Contains("serving", CliRun.Done("apply", "--job", Job, "--abort").Output, StringComparison.Ordinal);
        Assert.True(desk.TakeAbort());
    }

    [Fact]
    public void Refuses_bad_input_with_every_fault_at_once()
    {
        ExpertPlacementFile.Write(folder["other.json"], Map(6, 3));
        CliRun.Of("apply", folder["other.json"], "--job", Job)
            .Refused([folder["other.json"] + ": experts = 6; allowed: 4", "ranksPerNode = 3; allowed: 2"]);
        CliRun.Of("apply", folder["none.json"], "--job", folder["nowhere"], "--bytes-per-step", "0").Refused(["none.json", "--bytes-per-step"]);
        CliRun.Of("apply", folder["next.json"], "--job", Job, "--status").Refused(["one of: a placement, --status, --abort"]);
        CliRun.Of("apply", "--job", Job).Refused(["placement = missing"]);
        CliRun.Of("apply", "--job", Job, "--abort", "--bytes-per-step", "7").Refused(["only with a placement"]);
        CliRun.Of("apply", folder["next.json"]).Refused(["--job"]);
        File.WriteAllText(Path.Combine(Job, ControlFile.Name), "{}");
        CliRun.Of("apply", "--job", Job, "--status").Refused(["control.json: format", "control.json: token"]);
        Assert.Null(desk.Take());
    }

    [Fact]
    public void Ends_with_3_where_no_job_runs()
    {
        foreach (var where in new[] { folder["nowhere"], Path.GetDirectoryName(Job)! })
        {
            var run = CliRun.Of("apply", folder["next.json"], "--job", where);
            Assert.Equal((3, ""), (run.Code, run.Output));
            Assert.Contains($"no job that takes placements runs in {where}", run.Error, StringComparison.Ordinal);
        }
        // Killed: its file is still there, and names a process that is.
        var left = File.ReadAllText(Path.Combine(Job, ControlFile.Name));
        port.Dispose();
        File.WriteAllText(Path.Combine(Job, ControlFile.Name), left);
        var late = CliRun.Of("apply", "--job", Job, "--status");
        Assert.Equal(3, late.Code);
        Assert.Contains("no job answers", late.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_it_leaves_the_job_to_it()
    {
        using var interrupt = new CancellationTokenSource();
        var taken = Task.Run(async () =>
        {
            await Next(1 << 20);
            await interrupt.CancelAsync();
        }, TestContext.Current.CancellationToken);
        var run = CliRun.Of(interrupt.Token, "apply", folder["next.json"], "--job", Job, "--bytes-per-step", "1048576");
        await taken;
        Assert.Equal(130, run.Code);
        Assert.Contains("the job goes on", run.Error, StringComparison.Ordinal);
        Assert.False(desk.TakeAbort());
    }

    public void Dispose()
    {
        port.Dispose();
        folder.Dispose();
    }

    private Task Serve(long bytesPerStep, params ApplyStatus[] told) => Task.Run(async () =>
    {
        await Next(bytesPerStep);
        foreach (var status in told)
            desk.Tell(status);
    });

    private async Task Next(long bytesPerStep)
    {
        ApplyRequest? wish;
        while ((wish = desk.Take()) is null)
            await Task.Delay(2);
        Assert.Equal((Map(4, 2), bytesPerStep), (wish.Target, wish.BytesPerStep));
    }

    private static ExpertPlacement Map(int experts, int ranks) => new(
        "tiny", 1, [0], experts, 1, ranks,
        [[.. Enumerable.Range(0, ranks).Select(r => Enumerable.Range(0, experts).Where(e => e * ranks / experts == r).ToImmutableArray())]],
        new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0"));
}
