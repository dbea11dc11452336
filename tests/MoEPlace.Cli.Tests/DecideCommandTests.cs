using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Drift;
using MoEPlace.Service.Jobs;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>decide</c>: replays, and decisions in a process of their own.</summary>
public sealed class DecideCommandTests(Samples samples)
{
    private static readonly string[] Program = [Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli")];

    [Fact]
    public void A_record_is_decided_again_and_compared()
    {
        using var folder = new TempFolder();
        using var trace = RoutingTrace.Open(samples.Trace);
        var input = Input(trace.Model, 1);
        var decision = Decider.Decide(input, trace, TestContext.Current.CancellationToken);
        File.WriteAllBytes(folder["same.zip"], DecisionRecord.Pack(input, File.ReadAllBytes(samples.Trace), decision));
        File.WriteAllBytes(folder["other.zip"], DecisionRecord.Pack(input, File.ReadAllBytes(samples.Trace), decision with { Reasons = ["because"] }));
        File.WriteAllText(folder["none.zip"], "no archive");
        Assert.Contains("decided again: the same", CliRun.Done("decide", folder["same.zip"]).Output, StringComparison.Ordinal);
        Assert.True(CliRun.Json("decide", folder["same.zip"]).GetProperty("same").GetBoolean());
        var other = CliRun.Of("decide", folder["other.zip"]);
        Assert.True(other.Code == 1 && other.Output.Contains("decided again: it differs", StringComparison.Ordinal), other.ToString());
        CliRun.Of("decide", folder["none.zip"]).Refused("none.zip", "archive");
        CliRun.Of("decide", folder["missing.zip"]).Refused("missing.zip");
        CliRun.Of("decide").Refused("record");
    }

    [Fact]
    public async Task A_process_decides_as_this_one_does()
    {
        using var trace = RoutingTrace.Open(samples.Trace);
        var input = Input(trace.Model, 1);
        var decision = await DecisionProcess.DecideAsync(Program, input, samples.Trace, TestContext.Current.CancellationToken);
        Assert.Equal(Decider.Decide(input, trace, TestContext.Current.CancellationToken), decision);
    }

    [Fact]
    public async Task A_process_that_fails_says_why_and_one_that_is_given_up_is_gone()
    {
        using var trace = RoutingTrace.Open(samples.Trace);
        var bad = await Assert.ThrowsAsync<IOException>(() => DecisionProcess.DecideAsync(
            Program, Input(trace.Model, 1) with { Number = 0 }, samples.Trace, TestContext.Current.CancellationToken));
        Assert.Contains("number = 0", bad.Message, StringComparison.Ordinal);
        using var given = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DecisionProcess.DecideAsync(Program, Input(trace.Model, 1_000_000_000), samples.Trace, given.Token));
    }

    [Fact]
    public async Task A_process_ends_with_whoever_started_it_at_the_lowest_priority()
    {
        using var trace = RoutingTrace.Open(samples.Trace);
        var start = new System.Diagnostics.ProcessStartInfo("/usr/bin/nice", ["-n", "19", Program[0], "decide", "--worker", samples.Trace])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(Input(trace.Model, 1_000_000_000), StrictJson.OneLine));
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, process.ExitCode);
    }

    private static DecisionInput Input(MoEModel model, long iterations)
    {
        var cluster = ClusterPresets.Parse("2x2");
        var current = ExpertPlacement.FromRanks(
            model, cluster, [.. Enumerable.Range(0, model.Layers * model.Experts).Select(cell => cell % model.Experts * 4 / model.Experts)],
            new PlacementProvenance("contiguous", "", ImmutableSortedDictionary<string, string>.Empty, 0, "test"));
        return new DecisionInput(
            DecisionInput.FormatName, "job", 1, DecisionTrigger.Asked, model, cluster, new LoopPolicy(SearchIterations: iterations),
            JsonSerializer.Deserialize<JsonElement>(ExpertPlacementFile.ToJson(current)), 0, false, new DriftReading(0, 0, false, null, 0, 0), null, null, false, 1);
    }
}
