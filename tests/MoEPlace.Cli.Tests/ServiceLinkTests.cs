using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Service.Jobs;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>A job and the placement service that watches it, whose part is played by the test.</summary>
public sealed class ServiceLinkTests(ByteModel model) : IClassFixture<ByteModel>, IDisposable
{
    private const int Many = 600;
    private static readonly ConcurrentDictionary<int, string> Known = new();
    private readonly TempFolder folder = new();

    [Fact]
    public async Task What_arrives_is_what_a_recording_of_the_same_run_holds()
    {
        await using var fake = await FakeService.StartAsync();
        fake.Token = "secret-of-the-job";
        File.WriteAllText(folder["token"], "secret-of-the-job\n");
        CliRun.Of([.. Line(), "--virtual-ranks", "3", "--record", folder["trace"]]);
        var run = CliRun.Of(
            [.. Line(), "--virtual-ranks", "3", "--job", folder["Job 1"], "--service", fake.Url, "--token-file", folder["token"]]);
        Assert.True(run.Code == 0, run.ToString());
        Assert.Equal(("job-1", JobEngine.Moeplace, "cpu-loopback:1x3"), (fake.Spec!.Name, fake.Spec.Engine, fake.Spec.Cluster.Name));
        using var trace = RoutingTrace.Open(folder["trace"]);
        var (width, tokens) = (trace.Layers * trace.TopK, (int)trace.Tokens);
        var experts = new ushort[tokens * width];
        trace.CopyExperts(0, tokens, experts);
        var recorded = Enumerable.Range(0, tokens).Select(i => Show(
            trace.Sequence(i, 1)[0], trace.Position(i, 1)[0], trace.Home(i, 1)[0], trace.Phase(i, 1)[0], experts.AsSpan(i * width, width))).Order();
        var arrived = fake.Rows.SelectMany(rows => Enumerable.Range(0, rows.Rows).Select(i => Show(
            rows.Sequence[i], rows.Position[i], rows.Home[i], rows.Phase[i], rows.Experts.AsSpan(i * width, width)))).Order();
        Assert.Equal(recorded, arrived);
        var last = fake.Reports.Last();
        Assert.Equal((JobAnswer.Ended, 0, (long)tokens, 0L), (last.State, last.Epoch, last.Tokens, last.Dropped));
        // All three sequences are prefilled in the first step.
        Assert.Equal(last.Steps - 1, fake.Reports.Sum(report => report.DecodeSeconds.Length));
        Assert.DoesNotContain("secret", run.Output + run.Error, StringComparison.Ordinal);

        static string Show(int sequence, int position, int home, int phase, ReadOnlySpan<ushort> experts) =>
            FormattableString.Invariant($"{sequence:D3} {position:D4} {home} {phase} {string.Join(' ', experts.ToArray())}");
    }

    [Fact]
    public async Task A_wish_is_applied_and_so_is_the_way_back()
    {
        await using var fake = await FakeService.StartAsync();
        var (from, to) = ("", fake.Offer(Turned(4)));
        fake.Wish = report =>
        {
            from = from.Length > 0 ? from : report.Placement;
            return report is { Apply: 1, Attempt: 1, State: JobAnswer.Done } or { Apply: 1, Attempt: 2 }
                ? new JobWish(1, 2, from, 4_096) : new JobWish(1, 1, to, 4_096);
        };
        var run = CliRun.Of([.. Line(Many), "--virtual-ranks", "4", "--job", folder["job"], "--service", fake.Url, "--json"]);
        Assert.True(run.Code == 0, run.ToString());
        Assert.Equal(Undisturbed(Many), Sampled(run.Output));
        var reports = fake.Reports.ToArray();
        foreach (var (attempt, digest) in new[] { (1, to), (2, from) })
        {
            var own = reports.Where(report => report.Attempt == attempt).ToArray();
            var done = own.First(report => report.State == JobAnswer.Done);
            Assert.Equal((1, digest, done.BytesInAll), (done.Apply, done.Placement, done.BytesMoved));
            Assert.True(done.BytesInAll > 0);
            Assert.InRange(done.CanaryDifference!.Value, 0, 1e-4);
        }
        RequireOrder(reports, lives: 1);
        var moving = reports.SelectMany(report => report.Moving).ToArray();
        Assert.Contains(true, moving);
        Assert.Contains(false, moving);
        Assert.Equal((JobAnswer.Ended, from), (reports[^1].State, reports[^1].Placement));
    }

    [Fact]
    public async Task What_somebody_else_puts_in_force_the_service_learns()
    {
        await using var fake = await FakeService.StartAsync();
        ExpertPlacementFile.Write(folder["other"], Turned(2));
        var run = Task.Run(
            () => CliRun.Of([.. Line(Many), "--virtual-ranks", "2", "--job", folder["job"], "--service", fake.Url, "--json"]),
            TestContext.Current.CancellationToken);
        await Until(run, () => !fake.Reports.IsEmpty);
        CliRun.Done("apply", folder["other"], "--job", folder["job"], "--bytes-per-step", "20000");
        var end = await run;
        Assert.True(end.Code == 0, end.ToString());
        Assert.Equal((JobAnswer.Ended, 0, Turned(2).Digest), (fake.Reports.Last().State, fake.Reports.Last().Apply, fake.Reports.Last().Placement));
        Assert.Equal(Turned(2).Digest, fake.Registered.Last());
    }

    [Fact]
    public async Task Damage_that_no_checksum_sees_shows_in_the_canary()
    {
        await using var fake = await FakeService.StartAsync();
        var (from, to) = ("", fake.Offer(Turned(2)));
        fake.Wish = report =>
        {
            from = from.Length > 0 ? from : report.Placement;
            return report is { Attempt: 1, State: JobAnswer.Done } or { Attempt: 2 } ? new JobWish(1, 2, from, 1 << 20) : new JobWish(1, 1, to, 1 << 20);
        };
        var (code, _, error) = await Launch(fake, 2, "rank=1 point=Verified kind=FlipBits", "--new-tokens", "1000");
        Assert.True(code == 0, error);
        var done = fake.Reports.Where(report => report is { State: JobAnswer.Done, CanaryDifference: not null }).DistinctBy(report => report.Attempt).ToArray();
        Assert.Equal([1, 2], done.Select(report => report.Attempt));
        // What came back is still what was damaged, and the service is told so.
        Assert.All(done, report => Assert.True(report.CanaryDifference > 1e-3, $"{report.CanaryDifference}"));
    }

    [Fact]
    public async Task While_the_service_is_away_the_job_goes_on_and_finds_it_again()
    {
        var port = FreePort();
        var run = Task.Run(
            () => CliRun.Of([.. Line(Many), "--virtual-ranks", "2", "--job", folder["job"], "--service", $"http://127.0.0.1:9,http://127.0.0.1:{port}", "--json"]),
            TestContext.Current.CancellationToken);
        await Until(run, () => File.Exists(Path.Combine(folder["job"], "control.json")));
        await using var fake = await FakeService.StartAsync(port);
        await Until(run, () => !fake.Reports.IsEmpty);
        fake.Away = true;
        await Until(run, () => Volatile.Read(ref fake.Refusals) > 0);
        fake.Away = false;
        var end = await run;
        Assert.True(end.Code == 0, end.ToString());
        Assert.Equal(Undisturbed(Many), Sampled(end.Output));
        var reports = fake.Reports.ToArray();
        RequireOrder(reports, lives: 1);
        Assert.Equal(JobAnswer.Ended, reports[^1].State);
        Assert.Contains("note: the job goes on without the placement service: no service answers", end.Error, StringComparison.Ordinal);
        Assert.Contains("note: the placement service is there again", end.Error, StringComparison.Ordinal);
        // No step is told twice, and none is lost while they are few.
        Assert.Equal(StepsOf(end.Output), reports[^1].Steps);
    }

    [Fact]
    public void A_service_that_is_never_there_costs_two_seconds_at_the_end_and_nothing_else()
    {
        var run = CliRun.Of([.. Line(), "--virtual-ranks", "2", "--job", folder["job"], "--service", "http://127.0.0.1:9", "--json"]);
        Assert.True(run.Code == 0, run.ToString());
        Assert.Equal(Undisturbed(), Sampled(run.Output));
    }

    [Fact]
    public async Task Killed_in_the_middle_of_an_apply_its_next_life_goes_on_to_what_is_wished()
    {
        await using var fake = await FakeService.StartAsync();
        var wish = new JobWish(1, 1, fake.Offer(Turned(2)), 4_096);
        fake.Wish = _ => wish;
        var (code, output, error) = await Launch(fake, 2, "rank=0 point=Recorded kind=Kill");
        Assert.True(code == 0, error);
        Assert.Equal(Undisturbed(), Sampled(output));
        var reports = fake.Reports.ToArray();
        RequireOrder(reports, lives: 2);
        Assert.Equal((JobAnswer.Ended, 1, 1, wish.Placement), (reports[^1].State, reports[^1].Apply, reports[^1].Attempt, reports[^1].Placement));
    }

    [Fact]
    public async Task From_emulated_nodes_the_service_is_reached_beside_their_links()
    {
        Assert.SkipWhen(EmulatedNodes.WhyNot() is not null, $"no emulated nodes: {EmulatedNodes.WhyNot()}");
        await using var fake = await FakeService.StartAsync();
        var to = fake.Offer(Turned(4, nodes: 2));
        fake.Wish = _ => new JobWish(1, 1, to, 1 << 20);
        var (code, output, error) = await Launch(fake, 4, null, "--emulate-nodes", "2", "--link-rate", "200");
        Assert.True(code == 0, error);
        Assert.Equal(Undisturbed(), Sampled(output));
        Assert.Equal((2, 2, 12.5e6), (fake.Spec!.Cluster.Nodes, fake.Spec.Cluster.RanksPerNode, fake.Spec.Cluster.InterNode.BandwidthBytesPerSecond));
        Assert.Equal([0, 1, 2], fake.Rows.SelectMany(rows => rows.Home).Distinct().Select(home => (int)home).Order());
        Assert.Equal(to, fake.Reports.Last().Placement);
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_service_is_told_at_once()
    {
        File.WriteAllText(folder["policy"], """{ "windowTokens": 1, "slowerTolerance": -1 }""");
        File.WriteAllText(folder["token"], "two words");
        CliRun.Of(
            [
                .. Line(), "--virtual-ranks", "4", "--residency", "coherent", "--service", "ftp://x,nowhere", "--service-job", "A b", "--token-file", folder["token"],
                "--policy", folder["policy"], "--cluster", "1x3",
            ])
            .Refused(
                "--service = \"ftp://x\"", "--service = \"nowhere\"", "only with --job", "--service needs residency home", "--service-job = \"A b\"",
                "token = \"9 characters\"", "policy.windowTokens = 1", "policy.slowerTolerance = -1", "--cluster = 3; allowed: 4 ranks");
        CliRun.Of([.. Line(), "--policy", folder["policy"]]).Refused("only with --service");
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Whatever came, epochs never fall, and in a life steps and the number of the apply neither.</summary>
    private static void RequireOrder(JobReport[] reports, int lives)
    {
        Assert.Equal(lives, reports.Select(report => report.Life).Distinct().Count());
        foreach (var (before, after) in reports.Zip(reports.Skip(1)))
        {
            Assert.True(after.Epoch >= before.Epoch, $"{before} then {after}");
            if (before.Life == after.Life)
                Assert.True(after.Steps >= before.Steps && (after.Apply, after.Attempt).CompareTo((before.Apply, before.Attempt)) >= 0, $"{before} then {after}");
            if (before.Epoch == after.Epoch)
                Assert.Equal(before.Placement, after.Placement);
        }
    }

    private static string Sampled(string output) => JsonDocument.Parse(output).RootElement.GetProperty("sampled").ToString();

    private static long StepsOf(string output) => JsonDocument.Parse(output).RootElement.GetProperty("steps").GetInt64();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task Until(Task<CliRun> run, Func<bool> holds)
    {
        while (!holds())
        {
            Assert.False(run.IsCompleted, run.IsCompleted ? (await run).ToString() : "");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private string[] Line(int tokens = 200)
    {
        File.WriteAllText(folder["ids.json"], "[[1, 2, 3], [4], [5, 6]]");
        return ["run", model.Checkpoint, "--ids", folder["ids.json"], "--new-tokens", $"{tokens}", "--temperature", "1", "--seed", "7", "--batch", "3"];
    }

    private string Undisturbed(int tokens = 200) => Known.GetOrAdd(tokens, _ => CliRun.Json(Line(tokens)).GetProperty("sampled").ToString());

    /// <summary>Every expert on the rank that is as far from the end as its own is from the begin.</summary>
    private ExpertPlacement Turned(int ranks, int nodes = 1)
    {
        var config = TransformerConfig.Read(model.Checkpoint);
        var each = config.Experts / ranks;
        var slots = config.MoeLayerIds.Select(_ => Enumerable.Range(0, ranks)
            .Select(rank => Enumerable.Range((ranks - 1 - rank) * each, each).ToImmutableArray()).ToImmutableArray());
        return new ExpertPlacement(
            config.Name, config.HiddenLayers, config.MoeLayerIds, config.Experts, nodes, ranks / nodes, [.. slots],
            new PlacementProvenance("turned", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0"));
    }

    private async Task<(int Code, string Output, string Error)> Launch(FakeService fake, int ranks, string? drill, params string[] more)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"),
            [
                .. more.Contains("--new-tokens") ? Line().Where(word => word is not ("--new-tokens" or "200")) : Line(), "--ranks", ranks.ToString(CultureInfo.InvariantCulture), "--job", folder["job"], "--restarts", "3", "--service", fake.Url, "--json", .. more,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (drill is not null)
            start.Environment["MOEPLACE_DRILL"] = drill;
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output, error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
