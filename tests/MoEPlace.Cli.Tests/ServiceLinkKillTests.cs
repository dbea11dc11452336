using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Models;
using MoEPlace.Results;
using MoEPlace.Service;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>Ranks, each a process, that get killed while the placement service applies; the service itself over its wire.</summary>
public sealed class ServiceLinkKillTests(ByteModel model) : IClassFixture<ByteModel>, IDisposable
{
    private const string Job = "killed";
    private static string? undisturbed;
    private readonly TempFolder folder = new();

    public static TheoryData<ApplyPoint> Points => [.. Enum.GetValues<ApplyPoint>()];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Killed_at_any_point_the_apply_is_kept_in_the_end_and_the_record_tells_what_is_in_force(ApplyPoint point)
    {
        var (apply, events, epochs) = await Apply(FormattableString.Invariant($"rank={(int)point % 2} point={point} kind=Kill"), lives: 2);
        Assert.True(apply.Phase == ApplyPhase.Kept, apply.ToString());
        Assert.Equal(Placement(turned: true).Digest, apply.InForce);
        Assert.True(apply.CanaryDifference is null or < 1e-4, apply.ToString());
        Assert.Single(events, e => e.Kind == "kept");
        Assert.DoesNotContain(events, e => e.Kind is "returned" or "returning" or "refused" or "failed");
        Assert.Equal(Placement(turned: true).Digest, epochs[^1].Digest);
    }

    [Fact]
    public async Task Damage_that_only_the_canary_sees_is_turned_back()
    {
        var (apply, events, epochs) = await Apply("rank=1 point=Verified kind=FlipBits", lives: 1, same: false);
        Assert.True(apply.Phase == ApplyPhase.Returned, apply.ToString());
        Assert.Contains("a logit of the canary tokens changed by", apply.Reason, StringComparison.Ordinal);
        Assert.Equal(["verifying", "returning", "returned"], events.Select(e => e.Kind).Where(kind => kind is not ("registered" or "decided" or "asked" or "moving" or "leads")).Distinct());
        Assert.Equal(Placement(turned: false).Digest, epochs[^1].Digest);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Runs a job of which the service wishes another placement from its first report on.</summary>
    private async Task<(Apply Apply, IReadOnlyList<ServiceEvent> Events, ImmutableArray<ExpertPlacement> Epochs)> Apply(string drill, int lives, bool same = true)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var options = new ServiceOptions(Listen: "http://127.0.0.1:0", State: $"sqlite:{folder["state"]}");
        await using var state = await StateStore.OpenAsync(options.State, cancellation: cancellation);
        await using var service = PlacementService.Start(state, new ServiceParts { Options = options, Worker = DecideAsync, Scratch = folder["scratch"] });
        await using var host = await ServiceHost.StartAsync(options, service, cancellation: cancellation);
        while (!service.Leads)
            await Task.Delay(10, cancellation);
        await service.RegisterAsync(Spec(), cancellation);
        service.Take(Job, 64, new int[16].Select(_ => 8).ToArray());
        var number = await service.PlanAsync(Job, simulate: false, "test", cancellation);
        while (await state.DecisionAsync(Job, number, cancellation) is null)
            await Task.Delay(10, cancellation);
        await service.ApplyAsync(Job, number, "test", cancellation);

        var (output, error) = await Run(host.Address, drill);
        Assert.Equal(lives - 1, error.Split("; restart ").Length - 1);
        if (same)
            Assert.Equal(Undisturbed(), JsonDocument.Parse(output).RootElement.GetProperty("sampled").ToString());
        var apply = Assert.Single(await state.AppliesAsync(Job, 10, cancellation));
        var epochs = Epochs();
        var record = Assert.Single(await state.JobsAsync(cancellation));
        Assert.Equal((apply.InForce, apply.Epoch), (record.Placement, record.Epoch));
        Assert.Equal((epochs[^1].Digest, epochs.Length - 1), (record.Placement, record.Epoch));
        Assert.True(service.Job(Job).Ended);
        return (apply, await state.EventsAsync(0, null, 1_000, cancellation), epochs);
    }

    private Task<Decision> DecideAsync(DecisionInput input, string trace, CancellationToken cancellation)
    {
        using var plan = JsonDocument.Parse(ExpertPlacementFile.ToJson(Placement(turned: true)));
        var none = new PlacementMeasures(64, null, null, null, null, null, null, null, 1, 1, 1, null, null);
        return Task.FromResult(new Decision(
            Decision.FormatName, input.Job, input.Number, Verdict.Apply, ["the test wants it"], plan.RootElement.Clone(), Placement(turned: true).Digest, none,
            none, [], [], null, null, null, null, null, null, []));
    }

    private JobSpec Spec()
    {
        var config = TransformerConfig.Read(model.Checkpoint);
        return new ServiceLinkSettings([], Job, null, Policy, null).ToSpec(config.ToModel(sizeof(float)), Placement(turned: false), null);
    }

    /// <summary>The slowest way, so that every point is passed more than once.</summary>
    private static LoopPolicy Policy => new(BytesPerStep: 4_096);

    private ExpertPlacement Placement(bool turned)
    {
        var config = TransformerConfig.Read(model.Checkpoint);
        var half = config.Experts / 2;
        var slots = config.MoeLayerIds.Select(_ => Enumerable.Range(0, 2)
            .Select(rank => Enumerable.Range((turned ? 1 - rank : rank) * half, half).ToImmutableArray()).ToImmutableArray());
        return new ExpertPlacement(
            config.Name, config.HiddenLayers, config.MoeLayerIds, config.Experts, 1, 2, [.. slots],
            new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0"));
    }

    private string[] Line()
    {
        File.WriteAllText(folder["ids.json"], "[[1, 2, 3], [4], [5, 6]]");
        return ["run", model.Checkpoint, "--ids", folder["ids.json"], "--new-tokens", "300", "--temperature", "1", "--seed", "7", "--batch", "3"];
    }

    private string Undisturbed() => undisturbed ??= CliRun.Json(Line()).GetProperty("sampled").ToString();

    private ImmutableArray<ExpertPlacement> Epochs() =>
    [
        .. Directory.GetFiles(Path.Combine(folder["job"], "epochs"))
            .OrderBy(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture)).Select(ExpertPlacementFile.Read),
    ];

    private async Task<(string Output, string Error)> Run(Uri address, string drill)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"),
            [.. Line(), "--ranks", "2", "--job", folder["job"], "--restarts", "3", "--service", address.ToString(), "--service-job", Job, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MOEPLACE_DRILL"] = drill;
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{process.ExitCode}: {error}");
            return (await output, error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
