using System.Text.Json;
using MoEPlace.Executor.Control;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The verb <c>apply</c> on a job that runs.</summary>
public sealed class ApplyLiveTests(ByteModel model) : IClassFixture<ByteModel>
{
    [Fact]
    public async Task A_running_job_takes_a_placement_and_begins_its_next_life_with_it()
    {
        using var folder = new TempFolder();
        var job = folder["job"];
        CliRun.Done("run", model.Checkpoint, "--text", model["apples.txt"], "--length", "20", "--record", folder["trace"], "--virtual-ranks", "4");
        CliRun.Done("place", folder["trace"], "--cluster", "1x4", "--policy", "random", "-o", folder["next.json"]);
        using (var stop = new CancellationTokenSource())
        {
            var running = await Start(job, stop.Token);
            var done = CliRun.Json("apply", folder["next.json"], "--job", job, "--bytes-per-step", "5000");
            Assert.Equal("done", done.GetProperty("state").GetString());
            Assert.Equal(done.GetProperty("bytesInAll").GetInt64(), done.GetProperty("bytesMoved").GetInt64());
            Assert.True(done.GetProperty("bytesMoved").GetInt64() > 5000, done.ToString());
            Assert.Equal(done.GetProperty("waves").GetInt32(), Epoch(job));
            var again = CliRun.Json("apply", folder["next.json"], "--job", job);
            Assert.Equal(("done", 0), (again.GetProperty("state").GetString(), again.GetProperty("bytesMoved").GetInt64()));
            await stop.CancelAsync();
            Assert.Equal(130, (await running).Code);
        }
        Assert.False(File.Exists(Path.Combine(job, ControlFile.Name)));
        Assert.Equal(3, CliRun.Of("apply", "--job", job, "--status").Code);

        using var end = new CancellationTokenSource();
        var next = await Start(job, end.Token);
        Assert.True(Epoch(job) > 0);
        await end.CancelAsync();
        await next;
    }

    private async Task<Task<CliRun>> Start(string job, CancellationToken stop)
    {
        // Never done: it is stopped.
        var running = Task.Run(
            () => CliRun.Of(stop, "run", model.Checkpoint, "--prompt", "apples", "--new-tokens", "100000", "--virtual-ranks", "4", "--job", job),
            TestContext.Current.CancellationToken);
        while (!File.Exists(Path.Combine(job, ControlFile.Name)))
        {
            Assert.False(running.IsCompleted, running.IsCompleted ? (await running).ToString() : "");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        return running;
    }

    private static int Epoch(string job)
    {
        JsonElement told;
        do
            told = CliRun.Json("apply", "--job", job, "--status");
        while (told.GetProperty("steps").GetInt32() == 0);
        return told.GetProperty("epoch").GetInt32();
    }
}
