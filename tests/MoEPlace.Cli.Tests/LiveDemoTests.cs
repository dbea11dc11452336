using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Tests.Shared;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>Nothing else of the project runs beside it: it is watched in real time.</summary>
[CollectionDefinition(nameof(LiveDemoTests), DisableParallelization = true)]
public sealed class LiveDemoCollection;

/// <summary>The live demo from its command line to its report, with its page open in a browser.</summary>
[Collection(nameof(LiveDemoTests))]
public sealed partial class LiveDemoTests(ChromiumFixture chromium) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private readonly TempFolder folder = new();
    private readonly List<string> faults = [];

    [Fact]
    public async Task The_page_shows_crossing_and_step_time_fall_when_the_placement_follows_the_traffic()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Longest);
        using var demo = Start();
        try
        {
            var (told, error) = (new StringBuilder(), demo.StandardError.ReadToEndAsync(limit.Token));
            var page = await OpenAsync(demo, told, limit.Token);
            var ending = ReadAsync(demo, told, limit.Token);
            var seen = await WatchAsync(page, ending, limit.Token);
            await demo.WaitForExitAsync(limit.Token);
            Assert.True(demo.ExitCode == 0, $"{told}{await error}");
            CheckReport();
            Assert.NotEmpty(seen);
            // What stops at the end of the demo is not a fault of the page.
            Assert.All(faults, fault => Assert.Contains("net::ERR", fault, StringComparison.Ordinal));
            // Without nodes there is no link that a placement could spare.
            if (EmulatedNodes.WhyNot() is null)
                CheckFall(seen);
        }
        finally
        {
            if (!demo.HasExited)
                demo.Kill(entireProcessTree: true);
            await demo.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => folder.Dispose();

    private static void CheckFall(List<Seen> seen)
    {
        var first = seen.Find(s => s.Text.Contains("Serving", StringComparison.Ordinal))!.Epoch;
        var after = seen.Where(s => s.Text.Contains("was kept", StringComparison.Ordinal)).ToList();
        var before = seen.TakeWhile(s => s.Epoch == first).Where(s => s.Text.Contains("no longer", StringComparison.Ordinal) || s.Text.Contains("plan is being made", StringComparison.Ordinal)).ToList();
        Assert.True(before.Count > 0 && after.Count > 0, string.Join('\n', seen));
        Assert.True(after[^1].Epoch > first, $"epoch {first} to {after[^1].Epoch}");
        Assert.True(Median(after, s => s.Crossing) < 0.95 * Median(before, s => s.Crossing), $"{string.Join('\n', before)}\n\n{string.Join('\n', after)}");
        Assert.True(Median(after, s => s.StepSeconds) < 0.95 * Median(before, s => s.StepSeconds), $"{string.Join('\n', before)}\n\n{string.Join('\n', after)}");

        static double Median(List<Seen> of, Func<Seen, double> value) => of.Select(value).Where(double.IsFinite).Order().ElementAt(of.Count(s => double.IsFinite(value(s))) / 2);
    }

    private void CheckReport()
    {
        var html = File.ReadAllText(folder["live/index.html"]);
        Assert.Contains("A placement follows its traffic", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", html, StringComparison.Ordinal);
        using var story = JsonDocument.Parse(File.ReadAllBytes(folder["live/story.json"]));
        Assert.Equal("moeplace.live/1", story.RootElement.GetProperty("format").GetString());
        var replayed = CliRun.Of("decide", folder["live/decision-1.zip"]);
        Assert.True(replayed.Code == 0, replayed.ToString());
    }

    private Process Start() => Process.Start(new ProcessStartInfo(
        Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"), ["demo", "--live", "-o", folder["live"]])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = AppContext.BaseDirectory,
    })!;

    private async Task<IPage> OpenAsync(Process demo, StringBuilder told, CancellationToken cancellation)
    {
        while (await demo.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            told.AppendLine(line);
            if (Address().Match(line) is not { Success: true } address)
                continue;
            var page = await chromium.OpenAsync(faults);
            await page.GotoAsync(address.Value);
            return page;
        }
        throw new InvalidOperationException($"it told no address: {told}{await demo.StandardError.ReadToEndAsync(cancellation)}");
    }

    private static async Task ReadAsync(Process demo, StringBuilder told, CancellationToken cancellation)
    {
        while (await demo.StandardOutput.ReadLineAsync(cancellation) is { } line)
            told.AppendLine(line);
    }

    /// <summary>What the page shows, about twice a second, until the service is gone.</summary>
    private static async Task<List<Seen>> WatchAsync(IPage page, Task ending, CancellationToken cancellation)
    {
        var seen = new List<Seen>();
        while (!ending.IsCompleted)
        {
            var tiles = await page.Locator("#tiles dd:nth-of-type(1)").AllTextContentsAsync();
            var text = await page.Locator("#state-text").TextContentAsync() ?? "";
            if (tiles.Count >= 6 && int.TryParse(tiles[^2], CultureInfo.InvariantCulture, out var epoch))
                seen.Add(new Seen(text, epoch, Seconds(tiles[0]), Number(tiles[1])));
            await Task.WhenAny(ending, Task.Delay(500, cancellation));
        }
        return seen;
    }

    private static double Seconds(string text) => Number(text) * (text.EndsWith(" ms", StringComparison.Ordinal) ? 1e-3 : 1);

    private static double Number(string text) =>
        double.TryParse(text.Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/")]
    private static partial Regex Address();

    private sealed record Seen(string Text, int Epoch, double StepSeconds, double Crossing);
}
