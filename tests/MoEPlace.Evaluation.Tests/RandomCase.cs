using System.Collections.Immutable;
using MoEPlace.Traces;

namespace MoEPlace.Evaluation.Tests;

/// <summary>A random trace, placement, cluster and options: all that the judge may be given.</summary>
internal sealed class RandomCase : IDisposable
{
    internal RandomCase(long seed, int? tokens = null)
    {
        var random = new SeedStream(seed, "evaluation case");
        var layers = 1 + random.Next(4);
        var experts = 3 + random.Next(8);
        var hidden = layers + random.Next(3);
        var ids = Enumerable.Range(0, hidden).ToArray();
        random.Shuffle(ids.AsSpan());
        var model = new MoEModel(
            "random", hidden, [.. ids.Take(layers).Order()], experts, 1 + random.Next(3),
            random.Next(5) == 0 ? null : TestModels.Dimensions);
        Cluster = TestModels.Cluster(1 + random.Next(3), 1 + random.Next(4));
        Order = random.Next(4) == 0 ? ChoiceOrder.Unordered : ChoiceOrder.ByWeight;
        var rows = Rows(random, model, tokens ?? 1 + random.Next(60), Cluster.Ranks);
        Test = new TestTrace(model, rows, Order);
        Split = rows.Sequence.Any(s => s % 5 == 0) && random.Next(3) == 0 ? TraceSplit.Test : TraceSplit.All;
        Placement = RandomPlacement(random, model, Cluster, replicas: random.Next(2) == 0);
        Options = new EvaluationOptions
        {
            Residency = Test.Trace.HasTopOne && random.Next(2) == 0 ? Residency.Coherent : Residency.Home,
            WindowTokens = random.Next(2) == 0 ? null : 1 + random.Next(20),
            Dispatch = random.Next(4) == 0 ? ReplicaChoice.Even : ReplicaChoice.Nearest,
            TokensPerStep = 1 + random.Next(40),
            Phase = random.Next(4) == 0 ? ServingPhase.Prefill : ServingPhase.Decode,
            ContextTokens = 1 + random.Next(30),
        };
    }

    internal TestTrace Test { get; }

    internal Cluster Cluster { get; }

    internal ChoiceOrder Order { get; }

    internal TraceSplit Split { get; }

    internal ExpertPlacement Placement { get; }

    internal EvaluationOptions Options { get; init; }

    internal TraceSlice Slice() => Test.Slice(Split);

    internal PlacementEvaluation Evaluate() => PlacementCost.Evaluate(Slice(), Placement, Cluster, Options);

    internal static ExpertPlacement RandomPlacement(SeedStream random, MoEModel model, Cluster cluster, bool replicas)
    {
        var layers = new ImmutableArray<ImmutableArray<int>>[model.Layers];
        for (var layer = 0; layer < layers.Length; layer++)
        {
            var slots = Enumerable.Range(0, cluster.Ranks).Select(_ => new List<int>()).ToArray();
            foreach (var expert in Enumerable.Range(0, model.Experts))
            {
                var ranks = Enumerable.Range(0, cluster.Ranks).ToArray();
                random.Shuffle(ranks.AsSpan());
                foreach (var rank in ranks.Take(replicas ? 1 + random.Next(cluster.Ranks) : 1))
                    slots[rank].Add(expert);
            }
            layers[layer] = [.. slots.Select(s => s.ToImmutableArray())];
        }
        return new ExpertPlacement(
            model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode, [.. layers],
            TestModels.NoProvenance);
    }

    public void Dispose() => Test.Dispose();

    private static TraceRows Rows(SeedStream random, MoEModel model, int tokens, int ranks)
    {
        var choices = new List<ushort>();
        var holes = random.Next(2) == 0;
        for (var cell = 0; cell < tokens * model.Layers; cell++)
        {
            var experts = Enumerable.Range(0, model.Experts).ToArray();
            random.Shuffle(experts.AsSpan());
            for (var j = 0; j < model.TopK; j++)
                choices.Add(holes && random.Next(3) == 0 ? RoutingTrace.NoExpert : (ushort)experts[j]);
        }
        // Few distinct weights, so that ties are common.
        Half[]? weights = random.Next(2) == 0 ? null : [.. choices.Select(_ => (Half)(random.Next(4) / 4.0))];
        ushort[]? home = random.Next(3) > 0 ? null : [.. Enumerable.Range(0, tokens).Select(_ => (ushort)random.Next(ranks))];
        var sequence = Enumerable.Range(0, tokens).Select(_ => random.Next(9)).ToArray();
        byte[]? phase = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, tokens).Select(_ => (byte)random.Next(2))];
        return new TraceRows([.. choices], sequence, new int[tokens], weights, Home: home, Phase: phase);
    }
}
