using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Traces.Models;
using MoEPlace.Traces.Synthesis;

namespace MoEPlace.Benchmarks.Services;

/// <summary>
/// Does the placement service keep up with 200 jobs that each send counts for 58 x 256 experts once a second, its memory flat, and does a planning
/// run beside them slow reads down? Service and generator are two processes of one machine.
/// </summary>
internal static class ServiceBenchmark
{
    private const int WarmSeconds = 10;
    private const int SecondsBetweenSamples = 15;
    private const long PlannedTokens = 8_192;
    private const string Planned = "planned";

    internal static int Run(string[] args)
    {
        var (seconds, jobs, planning) = Parse(args);
        var folder = Directory.CreateTempSubdirectory("moeplace-service-").FullName;
        try
        {
            Console.WriteLine(Machine.Describe());
            using var service = ServiceProcess.Start(folder);
            RunAsync(service, folder, seconds, jobs, planning).GetAwaiter().GetResult();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(ServiceProcess service, string folder, int seconds, int jobs, int planning)
    {
        var model = ModelConfig.Read("deepseek-v3");
        await RegisterAsync(service, model, jobs).ConfigureAwait(false);
        Feed(service, model, folder);
        using var load = new JobLoad(service.Address, model, jobs);
        Console.WriteLine(FormattableString.Invariant($"{jobs} jobs x {model.Layers} x {model.Experts} counts a second for {seconds} s, then {planning} s with planning runs beside"));
        var (posts, reads, postsBeside, readsBeside) = (new Latencies(), new Latencies(), new Latencies(), new Latencies());
        await DuringAsync(load, new Latencies(), new Latencies(), WarmSeconds, null).ConfigureAwait(false);
        var (held, usedBefore) = (new List<long>(), service.ProcessorSeconds);
        await DuringAsync(load, posts, reads, seconds, end => SampleAsync(service, held, end)).ConfigureAwait(false);
        var usedAfter = service.ProcessorSeconds;
        var decisions = 0;
        await DuringAsync(load, postsBeside, readsBeside, planning, async end => decisions = await load.PlanAsync(Planned, end).ConfigureAwait(false)).ConfigureAwait(false);
        Console.WriteLine(Latencies.Columns);
        Console.WriteLine(posts.Describe("counts"));
        Console.WriteLine(reads.Describe("reads of a job"));
        Console.WriteLine(postsBeside.Describe("counts beside planning runs"));
        Console.WriteLine(readsBeside.Describe("reads of a job beside planning runs"));
        var megabytes = string.Join(' ', held.Append(service.HeldBytes).Select(bytes => (bytes / 1_000_000).ToString(CultureInfo.InvariantCulture)));
        Console.WriteLine($"memory in MB, every {SecondsBetweenSamples} s, and at the end: {megabytes}");
        Console.WriteLine(FormattableString.Invariant(
            $"{(usedAfter - usedBefore) / seconds:P0} of a core; {decisions} decisions begun; {load.Failures} requests failed"));
    }

    private static async Task DuringAsync(JobLoad load, Latencies posts, Latencies reads, int seconds, Func<CancellationToken, Task>? beside)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        await Task.WhenAll(load.SendAsync(posts, end.Token), load.LookAsync(() => reads, end.Token), beside?.Invoke(end.Token) ?? Task.CompletedTask).ConfigureAwait(false);
    }

    private static async Task SampleAsync(ServiceProcess service, List<long> held, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            held.Add(service.HeldBytes);
            await Task.Delay(TimeSpan.FromSeconds(SecondsBetweenSamples), end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task RegisterAsync(ServiceProcess service, MoEModel model, int jobs)
    {
        using var client = new ServiceClient([service.Address]);
        var cluster = ClusterPresets.Parse("8x8");
        var rankOf = new int[model.Layers * model.Experts];
        for (var i = 0; i < rankOf.Length; i++)
            rankOf[i] = i % model.Experts / (model.Experts / cluster.Ranks);
        var placement = ExpertPlacement.FromRanks(
            model, cluster, rankOf, new PlacementProvenance("contiguous", "", ImmutableSortedDictionary<string, string>.Empty, 0, MoEPlaceVersion.Current));
        using var content = JsonDocument.Parse(ExpertPlacementFile.ToJson(placement));
        foreach (var name in Enumerable.Range(0, jobs).Select(JobLoad.NameOf).Append(Planned))
            await client.RegisterAsync(new JobSpec(name, model, cluster, content.RootElement)).ConfigureAwait(false);
    }

    /// <summary>Gives the job that is planned for a window of tokens.</summary>
    private static void Feed(ServiceProcess service, MoEModel model, string folder)
    {
        var path = Path.Combine(folder, "trace.safetensors");
        TraceSynthesis.Write(path, new TraceSynthesisOptions { Model = model, Tokens = PlannedTokens, Affinity = 0.42, ZipfExponent = 0.39, Seed = 1 });
        ServiceProcess.Run("jobs", "push", Planned, path, "--service", service.Address.ToString());
    }

    private static (int Seconds, int Jobs, int Planning) Parse(string[] args)
    {
        var values = new Dictionary<string, int>(StringComparer.Ordinal) { ["--seconds"] = 120, ["--jobs"] = 200, ["--planning"] = 40 };
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !values.ContainsKey(args[i]) || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var given)
                || given is < 1 or > 100_000)
                throw new InputException("service", "arguments", string.Join(' ', args), "[--seconds N] [--jobs N] [--planning SECONDS]");
            values[args[i]] = given;
        }
        return (values["--seconds"], values["--jobs"], values["--planning"]);
    }
}
