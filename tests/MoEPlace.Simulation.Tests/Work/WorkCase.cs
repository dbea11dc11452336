using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Work;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Tests.Work;

/// <summary>A random trace in a file of its own, with a cluster, a placement and options: all that work may be counted from.</summary>
internal sealed class WorkCase : IDisposable
{
    internal static readonly PlacementProvenance NoProvenance = new("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0");

    /// <summary>Hidden state 8 bytes, keys and values 8 bytes a token and layer.</summary>
    private static readonly ModelDimensions Dimensions = new(
        HiddenSize: 4, ExpertIntermediateSize: 2, SharedIntermediateSize: 3, DenseIntermediateSize: 5, VocabularySize: 10,
        AttentionHeads: 2, KeyValueHeads: 1, HeadSize: 2, ValueHeadSize: 2, KeyValueLatentSize: 0, QueryLatentSize: 0, RotaryHeadSize: 0,
        BytesPerExpertParameter: 2, BytesPerParameter: 2, BytesPerActivation: 2);

    private readonly string path = Path.Combine(Path.GetTempPath(), $"moeplace-work-{Guid.NewGuid():N}.safetensors");

    /// <param name="seed">Draws everything.</param>
    /// <param name="plain">Homes are recorded, steps and phases are not, no rank is lost, the network never blocks.</param>
    internal WorkCase(long seed, bool plain = false)
    {
        var random = new SeedStream(seed, "work case");
        var layers = 1 + random.Next(4);
        var hidden = layers + random.Next(3);
        var ids = Enumerable.Range(0, hidden).ToArray();
        random.Shuffle(ids.AsSpan());
        var experts = 3 + random.Next(8);
        Model = new MoEModel("random", hidden, [.. ids.Take(layers).Order()], experts, 1 + random.Next(3), Dimensions);
        Cluster = new Cluster(
            Cluster.FormatName, "test", 1 + random.Next(3), 1 + random.Next(4), new Device("test", 1e9, 1_000_000, 1e9, 0, ""),
            new Link(1e9, 0, ""), new Link(0.25e9, 0, ""));
        var fabric = new SeedStream(seed, "fabric of a work case");
        int[] adapters = [.. Enumerable.Range(1, Cluster.RanksPerNode).Where(n => Cluster.RanksPerNode % n == 0)];
        Cluster = plain ? Cluster : Cluster with
        {
            Fabric = new Fabric(adapters[fabric.Next(adapters.Length)], fabric.Next(2) == 0, 1 + fabric.Next(Cluster.Nodes), Oversubscription: 2),
        };
        Order = random.Next(4) == 0 ? ChoiceOrder.Unordered : ChoiceOrder.ByWeight;
        Rows = RandomRows(random, plain);
        Trace = Write();
        var lost = Enumerable.Range(0, Cluster.Ranks).Where(_ => !plain && random.Next(4) == 0).Take(Cluster.Ranks - 1).ToImmutableArray();
        Placement = RandomPlacement(random, lost, replicas: random.Next(2) == 0);
        var phase = random.Next(3) == 0 ? ServingPhase.Prefill : ServingPhase.Decode;
        Options = new WorkOptions
        {
            Residency = Trace.HasTopOne && random.Next(2) == 0 ? Residency.Coherent : Residency.Home,
            AllToAll = (AllToAllAlgorithm)random.Next(3),
            Copies = (CopyUnit)random.Next(2),
            DispatchBytesPerToken = 1 + random.Next(9),
            CombineBytesPerToken = 1 + random.Next(9),
            ContextBytesPerTokenLayer = random.Next(9),
            Phase = phase,
            TokensPerStep = 1 + random.Next(50),
            RecordedHomes = plain || random.Next(3) > 0,
            LostRanks = lost,
        };
        (Step, Parts) = (random.Next(5), 1 + random.Next(3));
        Part = random.Next(Parts);
    }

    internal MoEModel Model { get; }

    internal Cluster Cluster { get; }

    internal ChoiceOrder Order { get; }

    internal TraceRows Rows { get; }

    internal RoutingTrace Trace { get; }

    internal ExpertPlacement Placement { get; }

    internal WorkOptions Options { get; init; }

    internal int Step { get; init; }

    internal int Part { get; init; }

    internal int Parts { get; init; }

    internal TraceSlice Slice => new(Trace, TraceSplit.All);

    /// <summary>Counts by pair or only at the ports.</summary>
    internal StepWork Count(bool pairs = true) =>
        StepWork.Count(Slice, Placement, Cluster, Options with { PairRanks = pairs ? 512 : 0 }, Step, Part, Parts);

    internal static IEnumerable<LayerId> LayersOf(StepWork work) => Enumerable.Range(0, work.Layers).Select(layer => new LayerId(layer));

    public void Dispose()
    {
        Trace.Dispose();
        File.Delete(path);
    }

    private ExpertPlacement RandomPlacement(SeedStream random, ImmutableArray<int> lost, bool replicas)
    {
        int[] left = [.. Enumerable.Range(0, Cluster.Ranks).Except(lost)];
        var layers = new ImmutableArray<ImmutableArray<int>>[Model.Layers];
        for (var layer = 0; layer < layers.Length; layer++)
        {
            var slots = Enumerable.Range(0, Cluster.Ranks).Select(_ => new List<int>()).ToArray();
            foreach (var expert in Enumerable.Range(0, Model.Experts))
            {
                random.Shuffle(left.AsSpan());
                foreach (var rank in left.Take(replicas ? 1 + random.Next(left.Length) : 1))
                    slots[rank].Insert(random.Next(slots[rank].Count + 1), expert);
            }
            layers[layer] = [.. slots.Select(s => s.ToImmutableArray())];
        }
        return new ExpertPlacement(
            Model.Name, Model.HiddenLayers, Model.MoeLayerIds, Model.Experts, Cluster.Nodes, Cluster.RanksPerNode, [.. layers], NoProvenance);
    }

    private TraceRows RandomRows(SeedStream random, bool plain)
    {
        var tokens = 1 + random.Next(60);
        var choices = new List<ushort>();
        var holes = random.Next(2) == 0;
        for (var cell = 0; cell < tokens * Model.Layers; cell++)
        {
            var experts = Enumerable.Range(0, Model.Experts).ToArray();
            random.Shuffle(experts.AsSpan());
            for (var j = 0; j < Model.TopK; j++)
                choices.Add(holes && random.Next(3) == 0 ? RoutingTrace.NoExpert : (ushort)experts[j]);
        }
        Half[]? weights = random.Next(2) == 0 ? null : [.. choices.Select(_ => (Half)(random.Next(4) / 4.0))];
        ushort[]? home = plain || random.Next(2) > 0 ? Column(_ => (ushort)random.Next(Cluster.Ranks)) : null;
        int[]? step = plain || random.Next(2) > 0 ? null : Column(i => i / 7);
        byte[]? phase = plain || random.Next(2) > 0 ? null : Column(_ => (byte)random.Next(2));
        return new TraceRows([.. choices], Column(_ => random.Next(9)), new int[tokens], weights, step, home, phase);

        T[] Column<T>(Func<int, T> cell) => [.. Enumerable.Range(0, tokens).Select(cell)];
    }

    private RoutingTrace Write()
    {
        var columns = (Rows.GateWeights is null ? 0 : TraceColumns.GateWeights) | (Rows.Home is null ? 0 : TraceColumns.Home)
            | (Rows.Phase is null ? 0 : TraceColumns.Phase) | (Rows.Step is null ? 0 : TraceColumns.Step);
        var header = new TraceHeader(Model, TraceOrigin.Synthetic, "test", "", Order, []);
        using (var writer = new RoutingTraceWriter(path, header, Rows.Count, columns))
        {
            writer.Append(Rows);
            writer.Complete();
        }
        return RoutingTrace.Open(path);
    }
}
