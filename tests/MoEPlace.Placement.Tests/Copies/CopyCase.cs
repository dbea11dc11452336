using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Placement.Copies;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Tests.Copies;

/// <summary>A random trace (some with recorded homes, cells without expert, experts named twice) and a problem on it.</summary>
internal sealed class CopyCase : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"moeplace-copies-{Guid.NewGuid():N}.safetensors");
    private readonly RoutingTrace trace;

    internal CopyCase(long seed, int? redundant = null, int tokens = 300, int layers = 0, int nodes = 0, bool plain = false)
    {
        Random = new SeedStream(seed, "copy case");
        Nodes = nodes > 0 ? nodes : 1 + Random.Next(3);
        var ranks = Nodes * (2 + Random.Next(2));
        var experts = ranks * (1 + Random.Next(3));
        Redundant = redundant ?? (Random.Next(2) == 0 ? 0 : ranks * (1 + Random.Next(2)));
        Redundant = Math.Min(Redundant, experts * (ranks - 1) / ranks * ranks);
        layers = layers > 0 ? layers : 1 + Random.Next(5);
        var model = new MoEModel("random", layers, [.. Enumerable.Range(0, layers)], experts, Math.Min(experts, 1 + Random.Next(4)));
        var (holes, repeats) = (plain ? 0 : Random.Next(3), plain ? 0 : Random.Next(2));
        var choices = new List<ushort>();
        for (var cell = 0; cell < tokens * layers; cell++)
        {
            var all = Enumerable.Range(0, experts).ToArray();
            Random.Shuffle(all.AsSpan());
            // Lower numbers are busier, and tokens of a kind choose alike.
            var chosen = all.OrderBy(e => e * (1 + Random.Next(6)) + (e + cell / layers) % 3 * experts).Take(model.TopK).Select(e => (ushort)e).ToArray();
            if (repeats > 0 && Random.Next(10) == 0)
                chosen[^1] = chosen[0];
            for (var j = 0; j < chosen.Length; j++)
                if (holes > 0 && Random.Next(4) == 0)
                    chosen[j] = RoutingTrace.NoExpert;
            choices.AddRange(chosen);
        }
        ushort[]? home = Random.Next(2) == 0 ? null : [.. Enumerable.Range(0, tokens).Select(_ => (ushort)Random.Next(ranks))];
        var rows = new TraceRows([.. choices], [.. Enumerable.Range(0, tokens).Select(_ => Random.Next(9))], new int[tokens], Home: home);
        var header = new TraceHeader(model, TraceOrigin.Synthetic, "test", "", ChoiceOrder.ByWeight, []);
        using (var writer = new RoutingTraceWriter(path, header, tokens, home is null ? TraceColumns.None : TraceColumns.Home))
        {
            writer.Append(rows);
            writer.Complete();
        }
        trace = RoutingTrace.Open(path);
        var slice = new TraceSlice(trace, TraceSplit.All);
        Problem = PlacementProblem.Create(
            model, PlacementSamples.Cluster(Nodes, ranks / Nodes), RoutingCounts.Of(slice), slice, PlacementObjective.Copies,
            redundantSlots: Redundant, timeLimit: TimeSpan.FromMinutes(5), iterationLimit: 1)
            with
        { WantsBound = false };
    }

    internal SeedStream Random { get; }

    internal int Nodes { get; }

    internal int Redundant { get; }

    internal PlacementProblem Problem { get; }

    /// <summary>The problem under the conditions that make a measure the judge's.</summary>
    internal PlacementProblem For(CopyMeasure measure) => Problem with
    {
        Objective = measure == CopyMeasure.Crossing ? PlacementObjective.Crossing : PlacementObjective.Copies,
        Conditions = new EvaluationOptions { Residency = measure == CopyMeasure.Home ? Residency.Home : Residency.Coherent, Dispatch = ReplicaChoice.Even },
    };

    /// <summary>A state at the start of the problem.</summary>
    internal CopyState State(CopyMeasure measure, CopyStart start)
    {
        var tokens = new TokenBits(Problem, measure);
        var items = new CopyItems(tokens, [.. Enumerable.Range(0, tokens.Layers).Select(l => Problem.Counts.Load(l).ToArray())], start.Items);
        for (var layer = 0; layer < tokens.Layers; layer++)
            items.Assign(layer, start.ExpertOf.AsSpan(layer * start.Items, start.Items), start.PartOf.AsSpan(layer * start.Items, start.Items));
        var cluster = Problem.Cluster;
        var state = new CopyState(tokens, items, cluster.Ranks, cluster.Nodes, cluster.NodeCrossingWeight);
        state.Reset();
        return state;
    }

    /// <summary>The placement that a state stands for.</summary>
    internal ExpertPlacement Placement(CopyState state)
    {
        var (model, cluster, n) = (Problem.Model, Problem.Cluster, state.Items.Count);
        var slots = Enumerable.Range(0, model.Layers).Select(layer => Enumerable.Range(0, cluster.Ranks)
            .Select(rank => Enumerable.Range(layer * n, n).Where(c => state.Items.PartOf[c] == rank).Select(c => state.Items.ExpertOf[c]).ToImmutableArray())
            .ToImmutableArray());
        return new ExpertPlacement(
            model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode, [.. slots], PlacementSamples.Provenance);
    }

    /// <summary>What the judge counts.</summary>
    internal double Judge(CopyMeasure measure, CopyState state) => JudgedObjective.Of(For(measure), measure, Placement(state));

    public void Dispose()
    {
        trace.Dispose();
        File.Delete(path);
    }
}
