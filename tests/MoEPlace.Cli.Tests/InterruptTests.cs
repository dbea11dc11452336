using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>Interrupts, and runs that must not depend on the clock.</summary>
public sealed class InterruptTests(Samples samples)
{
    /// <summary>A person shall wait two seconds at most; the rest is for a machine that is busy with other tests.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("affinity", "crossing", "--drain", "0")]
    [InlineData("affinity", "copies", "--redundant", "4")]
    [InlineData("affinity", "step")]
    [InlineData("exflow", "crossing")]
    public async Task An_interrupted_search_writes_its_best_so_far(string policy, string objective, params string[] more)
    {
        using var folder = new TempFolder();
        using var interrupt = new CancellationTokenSource();
        string[] arguments =
        [
            "place", samples.Trace, "--cluster", "1x4", "--policy", policy, "--objective", objective, "--time-limit", "60", "--json", "-o",
            folder["p.json"], .. more,
        ];
        var running = Task.Run(() => CliRun.Of(interrupt.Token, arguments), CancellationToken.None);
        await Task.Delay(500, CancellationToken.None);
        var asked = Stopwatch.GetTimestamp();
        await interrupt.CancelAsync();
        var run = await running;
        Assert.InRange(Stopwatch.GetElapsedTime(asked), TimeSpan.Zero, Patience);
        Assert.True(run.Code == 130 || policy == "exflow" && run.Code == 0, run.ToString());
        Assert.NotEmpty(JsonNode.Parse(run.Output)!.AsObject());
        Assert.Equal(4, ExpertPlacementFile.Read(folder["p.json"]).Ranks);
    }

    [Fact]
    public async Task What_cannot_be_ended_half_done_leaves_nothing()
    {
        using var folder = new TempFolder();
        using var interrupt = new CancellationTokenSource();
        await interrupt.CancelAsync();
        var synthesize = CliRun.Of(interrupt.Token, "trace", "synthesize", "-o", folder["t"]);
        Assert.Equal((130, "", "interrupted\n"), (synthesize.Code, synthesize.Output, synthesize.Error));
        Assert.Equal(130, CliRun.Of(interrupt.Token, "demo", "-o", folder["demo"]).Code);
        Assert.Empty(folder.Files());
    }

    [Theory]
    [InlineData("crossing")]
    [InlineData("copies")]
    public void The_same_seed_and_rounds_give_the_same_bytes(string objective)
    {
        using var folder = new TempFolder();
        (byte[] File, string Told) Run(string seed)
        {
            var told = JsonNode.Parse(CliRun.Done(
                "place", samples.Trace, "--cluster", "2x2", "--objective", objective, "--iteration-limit", "1", "--seed", seed, "--json",
                "-o",
                folder["p.json"]).Output)!.AsObject();
            Assert.True(told.Remove("seconds"));
            return (File.ReadAllBytes(folder["p.json"]), told.ToJsonString());
        }
        var (first, again, other) = (Run("5"), Run("5"), Run("6"));
        Assert.Equal(first.File, again.File);
        Assert.Equal(first.Told, again.Told);
        Assert.NotEqual(first.File, other.File);
    }
}
