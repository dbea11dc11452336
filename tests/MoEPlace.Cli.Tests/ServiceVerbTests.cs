using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>serve</c> and the verbs that talk to it.</summary>
public sealed class ServiceVerbTests(Samples samples)
{
    private static readonly string[] Policy = ["""{"searchIterations":2000,"windowTokens":1024}"""];

    [Fact]
    public async Task A_job_is_added_fed_shown_planned_applied_rolled_back_watched_and_removed()
    {
        using var folder = new TempFolder();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(folder["policy.json"], Policy, ending.Token);
        var (process, url) = await ServeAsync(folder, ending.Token);
        using var serving = process;
        var watched = new StringWriter();
        string[] at = ["--service", $"http://127.0.0.1:1,{url}"];

        Assert.Contains("no jobs", CliRun.Done(["jobs", .. at]).Output, StringComparison.Ordinal);
        CliRun.Done(
            ["jobs", "add", "--name", "toy", "--model", samples.ModelFile, "--cluster", "1x4", "--placement", samples.Placement, "--policy", folder["policy.json"], .. at]);
        var push = CliRun.Json(["jobs", "push", "toy", samples.Trace, .. at]);
        Assert.Equal((Samples.Tokens, 1), (push.GetProperty("tokens").GetInt32(), push.GetProperty("frames").GetInt32()));
        Assert.Equal(Samples.Tokens, CliRun.Json(["jobs", "show", "toy", .. at]).GetProperty("tokens").GetInt64());
        Assert.Equal("toy", CliRun.Json(["jobs", .. at]).GetProperty("jobs")[0].GetProperty("name").GetString());
        Assert.Contains("toy", CliRun.Done(["jobs", .. at]).Output, StringComparison.Ordinal);
        Assert.Contains("GPU crossing", CliRun.Done(["jobs", "show", "toy", .. at]).Output, StringComparison.Ordinal);

        var decision = CliRun.Json(["plan", "toy", "--simulate", "--wait", .. at]);
        Assert.Equal(1, decision.GetProperty("number").GetInt32());
        Assert.Contains("because", CliRun.Done(["plan", "toy", "--wait", .. at]).Output, StringComparison.Ordinal);
        var apply = CliRun.Json(["apply", "--job", "toy", "--decision", "1", .. at]);
        Assert.Equal("asked", apply.GetProperty("phase").GetString());
        Assert.Equal("returning", CliRun.Json(["rollback", "toy", .. at]).GetProperty("phase").GetString());
        Assert.Contains("roll it back, or wait", CliRun.Of(["jobs", "remove", "toy", .. at]).Error, StringComparison.Ordinal);
        using (var client = new ServiceClient([new Uri(url)]))
        {
            var view = await client.GetAsync<JobView>("api/jobs/toy", ending.Token);
            var report = new JobReport(1, view.Epoch, view.Placement, JobAnswer.Serving, 0, 0, null, 0, 0, null, 0, 0, [], [], []);
            Assert.Null((await client.ReportAsync("toy", report, ending.Token)).Wish);
        }
        CliRun.Done(["jobs", "remove", "toy", .. at]);

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        var watch = Task.Run(() => Program.RunAsync(["watch", "toy", "--after", "0", "--json", .. at], watched, watched, watching.Token), ending.Token);
        while (!watched.ToString().Contains("\"removed\"", StringComparison.Ordinal) && !watch.IsCompleted)
            await Task.Delay(10, ending.Token);
        await watching.CancelAsync();
        Assert.Equal(Program.Interrupted, await watch);
        var kinds = watched.ToString().Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonSerializer.Deserialize<ServiceEvent>(line, StrictJson.OneLine)!.Kind);
        Assert.Equal(["registered", "decided", "decided", "asked", "returning", "returned", "removed"], kinds);
        Assert.Equal(0, await StopAsync(serving, ending.Token));
        Assert.Empty(Directory.GetDirectories(folder.Path));
    }

    [Fact]
    public async Task Counts_of_a_load_file_are_pushed_and_what_does_not_fit_the_job_is_refused()
    {
        using var folder = new TempFolder();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (process, url) = await ServeAsync(folder, ending.Token);
        using var serving = process;
        CliRun.Done("jobs", "add", "--name", "toy", "--model", samples.ModelFile, "--cluster", "1x4", "--placement", samples.Placement, "--service", url);
        CliRun.Done("jobs", "push", "toy", samples.Load, "--service", url);
        var view = CliRun.Json("jobs", "show", "toy", "--service", url);
        Assert.True(view.GetProperty("tokens").GetInt64() > 0);
        Assert.Equal(JsonValueKind.Null, view.GetProperty("gpuCrossing").ValueKind);
        CliRun.Of("jobs", "push", "toy", samples["plain.safetensors"], "--service", url).Refused("layers = 3; allowed: 4");
        CliRun.Of("jobs", "push", "toy", samples["unordered.safetensors"], "--service", url).Refused("choice_order");
        var none = CliRun.Of("jobs", "show", "other", "--service", url);
        Assert.Equal(3, none.Code);
        Assert.Contains("there is no job other", none.Error, StringComparison.Ordinal);
        Assert.Equal(0, await StopAsync(serving, ending.Token));
    }

    [Fact]
    public void Bad_input_of_every_verb_is_told_at_once_before_anything_is_sent()
    {
        const string Nowhere = "http://127.0.0.1:1";
        CliRun.Of("serve", "--listen", "http://0.0.0.0:1", "--state", "sqlite:").Refused("listen", "tokens", "state");
        CliRun.Of("serve", "--config", "/none").Refused("/none: file");
        CliRun.Of("jobs", "--service", "nonsense", "--token-file", "/none").Refused("--service", "--token-file");
        CliRun.Of("jobs", "add", "--service", Nowhere).Refused("--name", "--model", "--cluster", "--placement");
        CliRun.Of("jobs", "add", "/none", "--name", "x", "--service", Nowhere).Refused("--name = \"x\"; allowed: only without a file", "/none: file");
        CliRun.Of("jobs", "show", "A B", "--service", Nowhere).Refused("job = \"A B\"");
        CliRun.Of("jobs", "push", "A", "/none", "--tokens-per-second", "0", "--service", Nowhere).Refused("job = \"A\"", "--tokens-per-second", "/none");
        CliRun.Of("plan", "A", "--service", "x").Refused("job", "--service");
        CliRun.Of("watch", "A", "--after", "-1", "--service", Nowhere).Refused("job", "--after");
        CliRun.Of("apply", "--job", "A", "--decision", "0", "--service", Nowhere).Refused("--decision", "--job");
        CliRun.Of("apply", samples.Placement, "--job", "a", "--decision", "1").Refused("one of: a placement, --status, --abort, --decision");
        var away = CliRun.Of("jobs", "--service", Nowhere);
        Assert.Equal(3, away.Code);
        Assert.Contains("no service answers", away.Error, StringComparison.Ordinal);
    }

    /// <summary>Starts the program that serves, as its own process: it starts itself again for decisions.</summary>
    private static async Task<(Process Serving, string Url)> ServeAsync(TempFolder folder, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"), ["serve", "--listen", "http://127.0.0.1:0", "--state", $"sqlite:{folder["state.db"]}", "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var serving = Process.Start(start)!;
        serving.BeginErrorReadLine();
        var told = "";
        while (!told.Contains('}', StringComparison.Ordinal))
            told += await serving.StandardOutput.ReadLineAsync(cancellation) ?? throw new InvalidOperationException("it does not start");
        var url = JsonDocument.Parse(told).RootElement.GetProperty("address").GetString()!;
        using var http = new HttpClient();
        while (!(await http.GetAsync(new Uri($"{url}health/ready"), cancellation)).IsSuccessStatusCode)
            await Task.Delay(10, cancellation);
        return (serving, url);
    }

    /// <summary>Tells it to stop, as systems do, and waits.</summary>
    private static async Task<int> StopAsync(Process serving, CancellationToken cancellation)
    {
        using var kill = Process.Start("kill", ["-TERM", serving.Id.ToString(CultureInfo.InvariantCulture)]);
        await serving.WaitForExitAsync(cancellation);
        return serving.ExitCode;
    }
}
