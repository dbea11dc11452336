using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Evaluation;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Placement;
using MoEPlace.Placement.Affinity;
using MoEPlace.Reports;
using MoEPlace.Results;
using MoEPlace.Service.Jobs;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>
/// <c>demo --live</c>: four ranks of this machine, on two nodes where it can make some, serve text with a placement that was made for it; the text
/// shifts; the placement service sees it, plans, applies and verifies, and its page shows it.
/// </summary>
/// <param name="root">The folder that holds model and texts.</param>
/// <param name="folder">Where the report goes.</param>
/// <param name="terminal">Where the story is told.</param>
internal sealed class LiveDemo(string root, string folder, Terminal terminal)
{
    private const string Job = "demo";
    private const int Nodes = 2;
    private const double LinkMegabits = 10;
    private const double BytesOfMegabit = 125_000;
    private const int Prefill = 4;
    private const int SearchRounds = 40;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(200);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);
    private static readonly LoopPolicy Policy = new(
        LoopMode.Automatic, WindowTokens: 4_096, TokensPerStep: LiveDemoTraffic.Batch, BytesPerStep: 500_000, SearchIterations: 300_000,
        SlowerTolerance: 0.25, VerificationSteps: 24);

    private readonly string? whyOneNode = EmulatedNodes.WhyNot();
    private readonly string work = Directory.CreateTempSubdirectory("moeplace-live-").FullName;

    private string Model => Path.Combine(root, "models", "tiny-moe");

    private string Links => whyOneNode is null
        ? FormattableString.Invariant($"{Nodes} nodes of this machine ({EmulatedNodes.InWords}), {LinkMegabits} Mbit/s each")
        : $"one node, whose links have no limit: this machine makes no nodes ({whyOneNode})";

    private Cluster Cluster
    {
        get
        {
            const int each = LiveDemoTraffic.Ranks / Nodes;
            if (whyOneNode is not null)
                return ClusterPresets.Parse(FormattableString.Invariant($"cpu-loopback:1x{LiveDemoTraffic.Ranks}"));
            var loopback = ClusterPresets.Parse(FormattableString.Invariant($"cpu-loopback:{Nodes}x{each}"));
            return loopback with { InterNode = new Link(LinkMegabits * BytesOfMegabit / each, loopback.InterNode.LatencyNanoseconds, "limited, shared by the ranks of a node") };
        }
    }

    /// <summary>Runs it.</summary>
    /// <returns>0; 1 where the story did not end with a placement that was kept, though it had nodes.</returns>
    internal async Task<int> RunAsync(CancellationToken cancellation)
    {
        try
        {
            terminal.Line($"serving {Path.GetFileName(Model)} on {Links}");
            var traffic = LiveDemoTraffic.Read(Path.Combine(root, "demo"));
            traffic.WriteServed(In("served.json"));
            OutputFile.Write(In("cluster.json"), stream => JsonSerializer.Serialize(stream, Cluster, StrictJson.Options));
            OutputFile.Write(In("policy.json"), stream => JsonSerializer.Serialize(stream, Policy, StrictJson.Options));
            Place(traffic, cancellation);
            var result = await WatchAsync(cancellation).ConfigureAwait(false);
            return Tell(result, cancellation);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>Makes the first placement from a recording of what is served at first, as one would before the job begins.</summary>
    private void Place(LiveDemoTraffic traffic, CancellationToken cancellation)
    {
        terminal.Line($"recording {LiveDemoTraffic.Before}, and placing the experts for it");
        traffic.WriteRecorded(In("recorded.json"));
        var run = Launch(
            ["run", Model, "--ids", In("recorded.json"), "--ranks", $"{LiveDemoTraffic.Ranks}", "--device", "cpu", "--batch", $"{LiveDemoTraffic.Batch}",
                "--record", In("recording.safetensors")], null, cancellation);
        if (run.Failure is { } why)
            throw new RankLossException($"recording: {why}");
        using var trace = RoutingTrace.Open(In("recording.safetensors"));
        var slice = new TraceSlice(trace, TraceSplit.All);
        var problem = PlacementProblem.Create(
            trace.Model, Cluster, RoutingCounts.Of(slice), slice, PlacementObjective.Step, new EvaluationOptions { TokensPerStep = LiveDemoTraffic.Batch },
            timeLimit: TimeSpan.MaxValue / 2, iterationLimit: SearchRounds, traceDigest: trace.Digest) with
        { WantsBound = false };
        ExpertPlacementFile.Write(In("placement.json"), AffinityPolicy.Place(problem, null, cancellation).Placement);
    }

    private async Task<LiveResult> WatchAsync(CancellationToken cancellation)
    {
        var service = await LiveDemoService.StartAsync(work, cancellation).ConfigureAwait(false);
        await using (service.ConfigureAwait(false))
        {
            terminal.Line($"the page of the service: {service.Address}");
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var serving = Task.Run(() => Serve(service.Address, ending.Token), CancellationToken.None);
            try
            {
                var story = new LiveDemoStory(service.Service, Job, terminal);
                story.Tell("begin", $"{LiveDemoTraffic.Before}, with a placement that was made for that");
                var begun = Environment.TickCount64;
                while (!await story.LookAsync(cancellation).ConfigureAwait(false) && Environment.TickCount64 - begun < Longest.TotalMilliseconds)
                {
                    if (serving.IsCompleted)
                        await serving.ConfigureAwait(false);
                    await Task.Delay(BetweenLooks, cancellation).ConfigureAwait(false);
                }
                var result = await story.ResultAsync(Links, cancellation).ConfigureAwait(false);
                if (await service.Service.State.DecisionRecordAsync(Job, 1, cancellation).ConfigureAwait(false) is { } record)
                    OutputFile.Write(Path.Combine(folder, "decision-1.zip"), stream => stream.Write(record));
                return result;
            }
            finally
            {
                await ending.CancelAsync().ConfigureAwait(false);
                // What became of it is looked at above.
                await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Serves until the text is at its end, or until it is told to stop.</summary>
    /// <exception cref="RankLossException">A rank failed.</exception>
    private void Serve(Uri service, CancellationToken ending)
    {
        using var nodes = whyOneNode is null ? EmulatedNodes.Create(Nodes, LinkMegabits * BytesOfMegabit) : null;
        string[] emulation = nodes is null ? [] : ["--emulate-nodes", $"{Nodes}", "--link-rate", FormattableString.Invariant($"{LinkMegabits}")];
        try
        {
            var run = Launch(
                ["run", Model, "--ids", In("served.json"), "--ranks", $"{LiveDemoTraffic.Ranks}", .. emulation, "--device", "cpu",
                    "--batch", $"{LiveDemoTraffic.Batch}", "--prefill", $"{Prefill}", "--placement", In("placement.json"), "--job", In("job"),
                    "--spare-slots", "4", "--service", service.ToString(), "--service-job", Job, "--policy", In("policy.json"), "--cluster", In("cluster.json")],
                nodes, ending);
            if (run.Failure is { } why)
                throw new RankLossException($"serving: {why}");
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The story was over before the text was.
        }
    }

    private static RankLaunchResult Launch(ImmutableArray<string> arguments, EmulatedNodes? nodes, CancellationToken cancellation)
    {
        var options = RankLaunchOptions.OfThisProgram(LiveDemoTraffic.Ranks, arguments) with { Steady = true };
        return RankLauncher.Run(nodes?.Place(options) ?? options, (_, _) => { }, cancellation);
    }

    private int Tell(LiveResult result, CancellationToken cancellation)
    {
        result.Write(Path.Combine(folder, "story.json"));
        LiveReport.Write(result, folder, cancellation);
        terminal.Table(
            ["", "decode step", "states to other nodes", "top-1 crossing ranks", "top-1 crossing nodes"],
            result.Periods.Select(period => (IReadOnlyList<string>)
            [
                period.Name, MeasureTable.Seconds(period.StepSeconds), MeasureTable.Number(period.NodeCopies), MeasureTable.Share(period.GpuCrossing),
                MeasureTable.Share(period.NodeCrossing),
            ]));
        terminal.Line($"Open {Path.Combine(folder, Report.PageName)}");
        return result.Outcome == "kept" || whyOneNode is not null ? 0 : 1;
    }

    private string In(string name) => Path.Combine(work, name);
}
