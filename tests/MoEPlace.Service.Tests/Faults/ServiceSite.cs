using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using MoEPlace.Results;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Tests.Faults;

/// <summary>
/// Where services live and die, on one database. A service that is killed writes no more and answers no more; its lease is made to run out, so
/// that no run has to wait for it.
/// </summary>
/// <param name="connection">The database.</param>
/// <param name="folder">For what services make in passing.</param>
internal sealed class ServiceSite(string connection, string folder) : IAsyncDisposable
{
    public static readonly MoEModel Model = new("m", 3, [0, 1, 2], 4, 2);
    public static readonly Cluster Cluster = ClusterPresets.Find("cpu-loopback")! with { Nodes = 1, RanksPerNode = 2 };
    public static readonly ExpertPlacement From = PlacementOf(0, 0, 1, 1);
    public static readonly ExpertPlacement To = PlacementOf(0, 1, 0, 1);
    private static int made;
    private readonly ConcurrentDictionary<int, Instance> instances = new();
    private readonly ConcurrentBag<Task> endings = [];

    /// <summary>The database.</summary>
    public string Connection => connection;

    /// <summary>What services pass the points of an apply with.</summary>
    public Func<Instance, ServicePoint, ValueTask> Strike { get; set; } = (_, _) => ValueTask.CompletedTask;

    /// <summary>What makes decisions.</summary>
    public DecisionWorker Worker { get; init; } = DecideAsync;

    /// <summary>A service, and whether it was killed.</summary>
    /// <param name="Number">Which.</param>
    /// <param name="Store">Its own.</param>
    internal sealed record Instance(int Number, StateStore Store)
    {
        public PlacementService Service { get; set; } = null!;

        public CancellationTokenSource Dead { get; } = new();
    }

    /// <summary>The placement of one layer and the rest of another.</summary>
    public static ExpertPlacement WithLayer(ExpertPlacement placement, ExpertPlacement other, int layer) => new(
        placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, placement.Nodes, placement.RanksPerNode,
        placement.ToSlots().SetItem(layer, other.ToSlots()[layer]), placement.Provenance);

    /// <summary>Starts a service.</summary>
    /// <param name="time">Its clock; null for the system's.</param>
    public async Task<Instance> StartAsync(TimeProvider? time = null)
    {
        var number = Interlocked.Increment(ref made);
        var instance = new Instance(number, await StateStore.OpenAsync(connection));
        instance.Service = PlacementService.Start(instance.Store, new ServiceParts
        {
            Options = new ServiceOptions(),
            Worker = Worker,
            Scratch = Path.Combine(folder, $"scratch-{number}"),
            Holder = $"{number}",
            Time = time ?? TimeProvider.System,
            Drill = new ServiceDrill(point => Strike(instance, point)),
        });
        instances[number] = instance;
        return instance;
    }

    /// <summary>Kills a service and starts another. It returns at once; the point at which it was killed is never left.</summary>
    public void Replace(Instance instance)
    {
        if (instances.TryRemove(instance.Number, out _))
            endings.Add(Task.Run(() => ReplaceAsync(instance)));
    }

    /// <summary>Kills one, whichever it is, and starts another.</summary>
    public void ReplaceAny()
    {
        if (instances.Values.FirstOrDefault() is { } instance)
            Replace(instance);
    }

    /// <summary>Kills a service: it is cut off from its database, and from whoever asked it.</summary>
    public async Task KillAsync(Instance instance)
    {
        instances.TryRemove(instance.Number, out _);
        await instance.Dead.CancelAsync();
        await instance.Store.DisposeAsync();
        // Its threads are not waited for: they may stand at a point for ever.
        _ = Task.Run(async () => await instance.Service.DisposeAsync());
    }

    /// <summary>Asks whichever service answers; null where none does.</summary>
    public async Task<T?> CallAsync<T>(Func<PlacementService, Task<T?>> ask, CancellationToken cancellation)
        where T : class
    {
        foreach (var instance in instances.Values)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(instance.Dead.Token, cancellation);
            try
            {
                return await ask(instance.Service).WaitAsync(either.Token);
            }
            catch (Exception e) when (e is LeadershipLostException or IOException or ObjectDisposedException or JobNotFoundException)
            {
                // Another may answer, or this one later.
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // It was killed.
            }
        }
        cancellation.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>As <see cref="CallAsync"/>, until one answers.</summary>
    public async Task<T> MustAsync<T>(Func<PlacementService, Task<T?>> ask, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            if (await CallAsync(ask, cancellation) is { } answer)
                return answer;
            await Task.Delay(1, cancellation);
        }
    }

    /// <summary>Registers a job.</summary>
    public Task RegisterAsync(string name, LoopPolicy policy, CancellationToken cancellation)
    {
        var spec = new JobSpec(name, Model, Cluster, ContentOf(From), Policy: policy);
        return MustAsync<JobView>(service => service.RegisterAsync(spec, CancellationToken.None)!, cancellation);
    }

    /// <summary>Registers the job and has a plan made for it, with the number 1.</summary>
    public async Task PlanAsync(CancellationToken cancellation)
    {
        await RegisterAsync(FakeJob.Name, new LoopPolicy(VerificationSteps: 4), cancellation);
        var rows = new MadeRouting(1, Model, Cluster.Ranks).Next(8, 8, 0, 4);
        await MustAsync<string>(
            async service =>
            {
                await service.TakeAsync(FakeJob.Name, rows, CancellationToken.None);
                await service.PlanAsync(FakeJob.Name, simulate: false, "test", CancellationToken.None);
                return "";
            },
            cancellation);
        await MustAsync<DecisionRow>(service => service.State.DecisionAsync(FakeJob.Name, 1, CancellationToken.None), cancellation);
    }

    /// <summary>Decides for <see cref="To"/>.</summary>
    public static Task<Decision> DecideAsync(DecisionInput input, string trace, CancellationToken cancellation) => Task.FromResult(new Decision(
        Decision.FormatName, input.Job, input.Number, Verdict.Apply, ["a better plan"], ContentOf(To), To.Digest,
        new PlacementMeasures(256, 0.5, 0, 1.5, 0, null, null, null, 1.25, 1.5, 1.5, null, null), null, [], [], null, null, 0.9 * FakeJob.StepSeconds, null,
        null, null, [], input.Trigger, ExpertPlacementFile.Parse(input.Placement.GetRawText(), "placement").Digest));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(endings);
        foreach (var instance in instances.Values)
            await KillAsync(instance);
    }

    private async Task ReplaceAsync(Instance instance)
    {
        await KillAsync(instance);
        await using (var database = StateDatabase.Of(connection))
        {
            // Its time passes.
            await database.TryAsync(opened => opened.ExecuteAsync("UPDATE moeplace_leader SET expires = 0"), CancellationToken.None);
        }
        await StartAsync();
    }

    private static JsonElement ContentOf(ExpertPlacement placement) => JsonDocument.Parse(ExpertPlacementFile.ToJson(placement)).RootElement;

    private static ExpertPlacement PlacementOf(params int[] rankOfExpert)
    {
        var provenance = new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0");
        return ExpertPlacement.FromRanks(Model, Cluster, [.. rankOfExpert, .. rankOfExpert, .. rankOfExpert], provenance);
    }
}
