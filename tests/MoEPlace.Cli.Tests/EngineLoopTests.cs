using System.Net;
using System.Net.Sockets;
using MoEPlace.Service;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The loop with an engine that is not ours: a recording of SGLang in, a decision, its map out, its restart by the webhook, the outcome.</summary>
public sealed class EngineLoopTests
{
    private const string Recording = "Fixtures/sglang_stat_deepseek_v2_lite.pt";

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task A_recording_of_SGLang_ends_in_its_restart_with_a_map_that_reads_as_the_plan(int exitCode)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["secret"], "a key that nobody guesses");
        var url = $"http://127.0.0.1:{FreePort()}";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var told = new StringWriter();
        string[] restart =
        [
            "webhook", "--listen", "http://127.0.0.1:0", "--maps", folder["maps"], "--secret-file", folder["secret"], "--service", url, "--",
            "/bin/sh", "-c", $"cp \"$0\" {folder["loaded.json"]}; exit {exitCode}",
        ];
        var webhook = Task.Run(() => Program.RunAsync(restart, told, told, ending.Token), ending.Token);
        var address = await UntilAsync(() => told.ToString().Split("listening on ") is [_, var line, ..] && line.Contains('\n') ? line.Trim() : null);
        var options = new ServiceOptions
        {
            Listen = url,
            State = $"sqlite:{folder["state.db"]}",
            Webhooks = [new WebhookOptions("restart-sglang", address, folder["secret"])],
        };
        await using var state = await StateStore.OpenAsync(options.State, cancellation: ending.Token);
        await using var service = PlacementService.Start(state, new ServiceParts { Options = options, Worker = DecideAsync, Scratch = folder["scratch"] });
        await using var host = await ServiceHost.StartAsync(options, service, cancellation: ending.Token);
        await UntilAsync(() => service.Leads ? "leads" : null);

        CliRun.Done("trace", "import", "--from", "sglang", Path.Combine(AppContext.BaseDirectory, Recording), "--model", "deepseek-v2-lite", "-o", folder["load"]);
        CliRun.Done("place", folder["load"], "--policy", "contiguous", "--cluster", "1x8", "-o", folder["today.json"]);
        CliRun.Done(
            "jobs", "add", "--name", "chat", "--model", "deepseek-v2-lite", "--cluster", "1x8", "--placement", folder["today.json"], "--engine", "sglang",
            "--webhook", "restart-sglang", "--service", url);
        CliRun.Done("jobs", "push", "chat", folder["load"], "--service", url);
        var decision = CliRun.Json("plan", "chat", "--wait", "--service", url).GetProperty("decision");
        Assert.True(
            decision.GetProperty("after").GetProperty("imbalanceMean").GetDouble() < decision.GetProperty("before").GetProperty("imbalanceMean").GetDouble());
        var applied = CliRun.Of("apply", "--job", "chat", "--decision", "1", "--wait", "--json", "--service", url);
        Assert.True((applied.Code == 0) == (exitCode == 0), applied.ToString());
        Assert.Contains(exitCode == 0 ? "\"phase\": \"kept\"" : "exits with 7", applied.Output, StringComparison.Ordinal);

        CliRun.Done(
            "placement", "import", folder["loaded.json"], "--from", "sglang", "--model", "deepseek-v2-lite", "--cluster", "1x8", "-o", folder["loaded"]);
        Assert.Equal(decision.GetProperty("digest").GetString(), ExpertPlacementFile.Read(folder["loaded"]).Digest);
        var inForce = ExpertPlacementFile.Read(folder[exitCode == 0 ? "loaded" : "today.json"]).Digest;
        Assert.Equal(inForce, service.Job("chat").Placement);
        var kinds = (await state.EventsAsync(0, "chat", 100, ending.Token)).Select(e => e.Kind).ToArray();
        Assert.Equal(exitCode == 0 ? "kept" : "refused", kinds.Last(kind => kind != "told"));
        await ending.CancelAsync();
        Assert.Equal(0, await webhook);
    }

    private static async Task<string> UntilAsync(Func<string?> found)
    {
        for (; ; await Task.Delay(20, TestContext.Current.CancellationToken))
            if (found() is { } what)
                return what;
    }

    private static Task<Decision> DecideAsync(DecisionInput input, string trace, CancellationToken cancellation)
    {
        using var window = RoutingTrace.Open(trace);
        return Task.FromResult(Decider.Decide(input, window, cancellation));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
