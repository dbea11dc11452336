using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MoEPlace.Results;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Client;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;
using Xunit;
using ServicePoint = MoEPlace.Service.Applies.ServicePoint;

namespace MoEPlace.Cli.Tests;

/// <summary>The service as a process of its own that is killed by SIGKILL at every named point of an apply, and started anew.</summary>
public sealed class ServiceKillTests : IDisposable
{
    private const string Job = "job";
    private const int KilledExitCode = 128 + 9;
    private static readonly MoEModel Model = new("m", 2, [0, 1], 4, 2);
    private static readonly Cluster Cluster = ClusterPresets.Find("cpu-loopback")! with { Nodes = 1, RanksPerNode = 2 };
    private static readonly PlacementProvenance ByHand = new("by hand", "", ImmutableSortedDictionary<string, string>.Empty, 0, MoEPlaceVersion.Current);
    private static readonly ExpertPlacement From = ExpertPlacement.FromRanks(Model, Cluster, [0, 0, 1, 1, 0, 0, 1, 1], ByHand);
    private static readonly ExpertPlacement To = ExpertPlacement.FromRanks(Model, Cluster, [0, 1, 0, 1, 1, 0, 1, 0], ByHand);

    private readonly ConcurrentBag<Process> started = [];

    [Fact(Timeout = 180_000)]
    public async Task Killed_at_any_point_of_an_apply_and_started_anew_it_ends_as_the_job_does() =>
        await Task.WhenAll(Enum.GetValues<ServicePoint>().Select(KillAsync));

    public void Dispose()
    {
        foreach (var process in started)
        {
            process.Kill();
            process.Dispose();
        }
    }

    /// <summary>One service, killed at one point; the new placement is kept, but where turning back is what is struck.</summary>
    private async Task KillAsync(ServicePoint point)
    {
        using var folder = new TempFolder();
        var cancellation = TestContext.Current.CancellationToken;
        var (database, listen) = ($"sqlite:{folder["state"]}", $"http://127.0.0.1:{FreePort()}");
        await RecordAsync(database, cancellation);
        var returns = point is ServicePoint.BeforeReturning or ServicePoint.AfterReturning;
        using var client = new ServiceClient([new Uri(listen)]);
        var first = Start(database, listen, FormattableString.Invariant($"point={point}"));
        await AskAsync(first, client, cancellation);
        var job = new ToldJob(client, returns);
        while (!first.HasExited)
            await job.StepAsync(cancellation);
        Assert.True(first.ExitCode == KilledExitCode, $"{point}: {first.ExitCode}");
        var second = Start(database, listen, drill: null);
        await AskAsync(second, client, cancellation);
        for (var apply = job.Last; apply is not { IsOver: true }; apply = job.Last)
            await job.StepAsync(cancellation);
        second.Kill();
        await second.WaitForExitAsync(cancellation);

        await using var state = await StateStore.OpenAsync(database, cancellation: cancellation);
        var over = Assert.Single(await state.AppliesAsync(Job, 10, cancellation));
        Assert.True(over.Phase == (returns ? ApplyPhase.Returned : ApplyPhase.Kept), $"{point}: {over}");
        Assert.True((over.InForce, over.Epoch) == (job.InForce.Digest, job.Epoch), $"{point}: {over}, and the job has epoch {job.Epoch}");
        Assert.Equal(returns ? From.Digest : To.Digest, over.InForce);
        var ends = (await state.EventsAsync(0, Job, 1_000, cancellation)).Count(e => e.Kind is "kept" or "returned" or "refused" or "failed");
        Assert.True(ends == 1, $"{point}: {ends} ends on record");
    }

    /// <summary>A job and a decision, put on record before any service runs.</summary>
    private static async Task RecordAsync(string database, CancellationToken cancellation)
    {
        await using var state = await StateStore.OpenAsync(database, cancellation: cancellation);
        var term = (await state.LeadAsync("test", TimeSpan.FromSeconds(30), cancellation))!;
        var spec = new JobSpec(Job, Model, Cluster, JsonOf(From), Policy: new LoopPolicy(VerificationSteps: 4));
        var at = DateTimeOffset.UnixEpoch;
        await state.PutJobAsync(term, new JobRecord(spec, 0, From.Digest, null, at), [], cancellation);
        await state.PutPlacementAsync(term, Job, From, cancellation);
        var measures = new PlacementMeasures(1, null, null, null, null, null, null, null, 1, 1, 1, null, null);
        await state.AddDecisionAsync(
            term,
            new Decision(
                Decision.FormatName, Job, 1, Verdict.Apply, ["made by hand"], JsonOf(To), To.Digest, measures, measures, [], [], null, null, null, null, null,
                null, []),
            at, new byte[1], [], cancellation);
        await state.ResignAsync(term, cancellation);
    }

    /// <summary>Asks for the apply until it is on record, or the service has ended.</summary>
    private static async Task AskAsync(Process service, ServiceClient client, CancellationToken cancellation)
    {
        while (!service.HasExited)
            try
            {
                if ((await client.GetAsync<ApplyList>($"api/jobs/{Job}/applies", cancellation)).Applies.IsEmpty)
                    await client.PostAsync<Apply>($"api/jobs/{Job}/decisions/1/apply", null, cancellation);
                return;
            }
            catch (IOException)
            {
                await Task.Delay(50, cancellation);
            }
    }

    private Process Start(string database, string listen, string? drill)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"), ["serve", "--state", database, "--listen", listen])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (drill is not null)
            start.Environment[ServiceDrill.Variable] = drill;
        var process = Process.Start(start)!;
        started.Add(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static JsonElement JsonOf(ExpertPlacement placement)
    {
        using var document = JsonDocument.Parse(ExpertPlacementFile.ToJson(placement));
        return document.RootElement.Clone();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A job that reports over the wire and puts in force what is wished, in one wave.</summary>
    /// <param name="client">The service, which may be away.</param>
    /// <param name="spoils">Whether the new placement changes what the model says.</param>
    private sealed class ToldJob(ServiceClient client, bool spoils)
    {
        private JobWish? current;
        private JobAnswer answer;
        private bool told;

        /// <summary>What is in force.</summary>
        public ExpertPlacement InForce { get; private set; } = From;

        /// <summary>Its epoch.</summary>
        public int Epoch { get; private set; }

        /// <summary>The apply as the service told it last.</summary>
        public Apply? Last { get; private set; }

        /// <summary>Reports once, and goes on with what is wished.</summary>
        public async Task StepAsync(CancellationToken cancellation)
        {
            // That it is on its way is told before it is there.
            if (told && current is not null && answer == JobAnswer.Moving)
                (InForce, Epoch, answer) = (current.Placement == To.Digest ? To : From, Epoch + 1, JobAnswer.Done);
            double? canary = answer != JobAnswer.Done ? null : spoils && InForce.Digest == To.Digest ? 1 : 0;
            var report = new JobReport(
                1, Epoch, InForce.Digest, answer, current?.Apply ?? 0, current?.Attempt ?? 0, null, 0, 0, canary, 0, 0, [.. Enumerable.Repeat(0.01, 8)],
                [.. Enumerable.Repeat(Epoch, 8)], [.. new bool[8]]);
            try
            {
                var wish = (await client.ReportAsync(Job, report, cancellation)).Wish;
                told = true;
                Last = (await client.GetAsync<JobView>($"api/jobs/{Job}", cancellation)).Apply;
                if (wish is not null && wish != current)
                    (current, answer, told) = (wish, wish.Placement == InForce.Digest ? JobAnswer.Done : JobAnswer.Moving, false);
            }
            catch (IOException)
            {
                // The service is away; the job goes on.
            }
            await Task.Delay(10, cancellation);
        }
    }
}
