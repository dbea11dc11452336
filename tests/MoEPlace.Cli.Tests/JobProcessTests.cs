using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using MoEPlace.Executor.Models;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>Jobs whose ranks are processes that get killed.</summary>
public sealed class JobProcessTests(ByteModel model) : IClassFixture<ByteModel>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static string? undisturbed;
    private readonly TempFolder folder = new();

    public static TheoryData<ApplyPoint> Points => [.. Enum.GetValues<ApplyPoint>()];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Killed_at_any_point_of_an_apply_it_is_started_anew_and_samples_what_it_would_have(ApplyPoint point)
    {
        // Every process takes a second to start.
        var ranks = point is ApplyPoint.Verified or ApplyPoint.Recorded ? 4 : 2;
        var rank = (int)point % ranks;
        using var process = Start(ranks, ("MOEPLACE_DRILL", $"rank={rank} point={point} kind=Kill"));
        await Listening(process);
        var applied = CliRun.Of("apply", Turned(ranks), "--job", folder["job"], "--bytes-per-step", "1");
        Assert.True(applied.Code is 1 or 3, applied.ToString());
        var (code, output, error) = await End(process);
        Assert.True(code == 0, $"{code}: {output}{error}");
        Assert.Contains($"note: rank {rank} was killed by signal 9 (KILL); restart 1 of 3\n", error, StringComparison.Ordinal);
        Assert.Equal(Undisturbed(), Sampled(output));
        var epochs = Epochs();
        Assert.Equal(Enumerable.Range(0, epochs.Length), epochs);
        // Whether rank 0 had come to the record when another was killed before it is left to chance.
        if (point != ApplyPoint.Prepared)
            Assert.True(epochs.Length > 1 == point > ApplyPoint.Prepared, string.Join(", ", epochs));
    }

    [Fact]
    public async Task Killed_twice_from_outside_it_goes_on_and_once_complete_nothing_runs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are found, and signals sent, as on Linux");
        using var process = Start(4);
        foreach (var killed in new[] { 0, 2 })
        {
            var before = await Sampling(process, moreThan: 0);
            Victim(process, killed);
            await Sampling(process, before);
        }
        var (code, output, error) = await End(process);
        Assert.True(code == 0, $"{code}: {output}{error}");
        Assert.Contains("restart 2 of 3\n", error, StringComparison.Ordinal);
        Assert.Equal(Undisturbed(), Sampled(output));
        var again = CliRun.Json([.. Line(), "--ranks", "4", "--job", folder["job"]]);
        Assert.Equal((0, 0), (again.GetProperty("tokens").GetInt32(), again.GetProperty("steps").GetInt32()));
        Assert.Equal(Undisturbed(), again.GetProperty("sampled").ToString());
        var told = CliRun.Done([.. Line(), "--ranks", "4", "--job", folder["job"]]);
        Assert.Contains("complete before; nothing ran", told.Output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string[] Line() =>
        ["run", model.Checkpoint, "--ids", folder["ids.json"], "--new-tokens", "120", "--temperature", "1", "--seed", "7", "--batch", "3"];

    private string Undisturbed() => undisturbed ??= CliRun.Json(Line()).GetProperty("sampled").ToString();

    private static string Sampled(string output) => JsonDocument.Parse(output).RootElement.GetProperty("sampled").ToString();

    private int[] Epochs() =>
    [
        .. Directory.GetFiles(Path.Combine(folder["job"], "epochs"))
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture)).Order(),
    ];

    /// <summary>Every expert on the rank that is as far from the end as its own is from the begin.</summary>
    private string Turned(int ranks)
    {
        var config = TransformerConfig.Read(model.Checkpoint);
        var each = config.Experts / ranks;
        var slots = config.MoeLayerIds.Select(_ => Enumerable.Range(0, ranks)
            .Select(rank => Enumerable.Range((ranks - 1 - rank) * each, each).ToImmutableArray()).ToImmutableArray());
        ExpertPlacementFile.Write(folder["turned"], new ExpertPlacement(
            config.Name, config.HiddenLayers, config.MoeLayerIds, config.Experts, 1, ranks, [.. slots],
            new PlacementProvenance("turned", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0")));
        return folder["turned"];
    }

    private Process Start(int ranks, params (string Name, string Value)[] variables)
    {
        File.WriteAllText(folder["ids.json"], "[[1, 2, 3], [4], [5, 6]]");
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"),
            [.. Line(), "--ranks", ranks.ToString(CultureInfo.InvariantCulture), "--job", folder["job"], "--restarts", "3", "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private async Task Listening(Process process) => await Until(process, () =>
    {
        try
        {
            ControlFile.Read(folder["job"]);
            return true;
        }
        catch (Exception e) when (e is IOException or InputException)
        {
            return false;
        }
    });

    /// <summary>Waits until more bytes of ids are on record, and tells how many.</summary>
    private async Task<long> Sampling(Process process, long moreThan)
    {
        var path = Path.Combine(folder["job"], "sampled.ids");
        await Until(process, () => File.Exists(path) && new FileInfo(path).Length > moreThan);
        return new FileInfo(path).Length;
    }

    private static async Task Until(Process process, Func<bool> holds)
    {
        for (var waited = Stopwatch.StartNew(); !holds();)
        {
            if (process.HasExited || waited.Elapsed > Patience)
            {
                process.Kill();
                Assert.Fail(await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            }
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static void Victim(Process launcher, int rank)
    {
        var children = Directory.EnumerateDirectories($"/proc/{launcher.Id}/task")
            .SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var victim = children.Single(child => File.ReadAllText($"/proc/{child}/environ").Split('\0').Contains($"RANK={rank}"));
        using var process = Process.GetProcessById(int.Parse(victim, CultureInfo.InvariantCulture));
        process.Kill();
    }

    private static async Task<(int Code, string Output, string Error)> End(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, error);
    }
}
