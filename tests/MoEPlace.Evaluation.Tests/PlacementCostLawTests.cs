using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Evaluation.Tests;

public sealed class PlacementCostLawTests
{
    private const int Cases = 150;

    [Fact]
    public void Tokens_are_conserved()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var loads = given.Evaluate().Detail.LoadByLayerAndRank;
            var kept = new TokenCounter(given);
            for (var layer = 0; layer < loads.Length; layer++)
                Assert.True(loads[layer].Sum() == kept.PairsOf(layer), $"seed {seed}, layer {layer}");
        }
    }

    [Fact]
    public void At_home_as_much_is_combined_as_is_dispatched()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var measures = PlacementCost.Evaluate(
                given.Slice(), given.Placement, given.Cluster, given.Options with { Residency = Residency.Home }).Measures;
            Assert.True(measures.DispatchBytes == measures.CombineBytes, $"seed {seed}");
            Assert.True(measures.ContextBytes is null or 0, $"seed {seed}");
        }
    }

    [Fact]
    public void Prefill_runs_home_with_residency_coherent_and_its_context_is_gathered()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            if (!given.Test.Trace.HasTopOne)
                continue;
            using var prefill = new TestTrace(given.Test.Model, given.Test.Rows with { Phase = new byte[given.Test.Rows.Count] }, given.Order);
            var coherent = Judge(Residency.Coherent);
            var home = Judge(Residency.Home);
            Assert.Equal(given.Test.Model.Dimensions is null || given.Cluster.Ranks == 1, coherent.ContextBytes is null or 0);
            PlacementCostTwinTests.Same(home with { ContextBytes = coherent.ContextBytes, InterNodeBytes = coherent.InterNodeBytes }, coherent, $"seed {seed}");

            PlacementMeasures Judge(Residency residency) => PlacementCost.Evaluate(
                prefill.Slice(given.Split), given.Placement, given.Cluster, given.Options with { Residency = residency }).Measures;
        }
    }

    [Fact]
    public void Ranks_of_a_node_may_be_renumbered()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var random = new SeedStream(seed, "renumber");
            var ranks = Enumerable.Range(0, given.Cluster.Ranks).ToArray();
            for (var node = 0; node < given.Cluster.Nodes; node++)
                random.Shuffle(ranks.AsSpan(node * given.Cluster.RanksPerNode, given.Cluster.RanksPerNode));
            ushort[] homes = [.. given.Test.Rows.Sequence.Select(s => (ushort)(s % ranks.Length))];
            var placement = RandomCase.RandomPlacement(random, given.Test.Model, given.Cluster, replicas: false);
            var renumbered = Renumber(placement, ranks);
            using var before = new TestTrace(given.Test.Model, given.Test.Rows with { Home = homes }, given.Order);
            ushort[] movedHomes = [.. homes.Select(h => (ushort)ranks[h])];
            using var after = new TestTrace(given.Test.Model, given.Test.Rows with { Home = movedHomes }, given.Order);
            var expected = PlacementCost.Evaluate(before.Slice(), placement, given.Cluster, given.Options).Measures;
            var actual = PlacementCost.Evaluate(after.Slice(), renumbered, given.Cluster, given.Options).Measures;
            PlacementCostTwinTests.Same(expected, actual, $"seed {seed}");
            Assert.Equal(expected.StepSeconds ?? 0, actual.StepSeconds ?? 0, 1e-12);
            Assert.Equal(expected.MemoryBytesPerRank, actual.MemoryBytesPerRank);
        }
    }

    [Fact]
    public void Everything_on_one_rank_travels_nowhere()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var model = given.Test.Model;
            var placement = ExpertPlacement.FromRanks(model, given.Cluster, new int[model.Layers * model.Experts], TestModels.NoProvenance);
            using var test = new TestTrace(model, given.Test.Rows with { Home = new ushort[given.Test.Rows.Count] }, given.Order);
            var evaluation = PlacementCost.Evaluate(test.Slice(), placement, given.Cluster, given.Options);
            var measures = evaluation.Measures;
            Assert.Equal(0, measures.GpuCrossingFraction ?? 0);
            Assert.Equal(0, measures.RankCopiesPerTokenLayer);
            Assert.Equal(0, measures.NodeCopiesPerTokenLayer);
            Assert.Equal(0, measures.DispatchBytes ?? 0);
            Assert.Equal(0, measures.CombineBytes ?? 0);
            Assert.Equal(0, (evaluation.Step?.DispatchSeconds ?? 0) + (evaluation.Step?.CombineSeconds ?? 0));
            Assert.Equal(evaluation.Detail.LoadByLayerAndRank.Any(l => l.Sum() > 0) ? given.Cluster.Ranks : 1, measures.ImbalanceMax);
        }
    }

    [Fact]
    public void Everything_on_every_rank_travels_nowhere()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var model = given.Test.Model;
            var all = Enumerable.Range(0, model.Experts).ToArray();
            var slots = Enumerable.Repeat(Enumerable.Repeat(all, given.Cluster.Ranks).ToArray(), model.Layers).ToArray();
            var placement = TestModels.Placement(model, given.Cluster, slots);
            var options = given.Options with { Dispatch = ReplicaChoice.Nearest };
            var measures = PlacementCost.Evaluate(given.Slice(), placement, given.Cluster, options).Measures;
            Assert.Equal(0, measures.GpuCrossingFraction ?? 0);
            Assert.Equal(0, measures.RankCopiesPerTokenLayer);
        }
    }

    [Fact]
    public void A_coherent_top_1_token_travels_where_it_crosses_and_never_back()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            var random = new SeedStream(seed, "top-1");
            var model = TestModels.Model(2 + random.Next(4), 6, 1);
            var cluster = TestModels.Cluster(1 + random.Next(2), 1 + random.Next(3));
            var tokens = 1 + random.Next(40);
            var rows = new TraceRows(
                [.. Enumerable.Range(0, tokens * model.Layers).Select(_ => (ushort)random.Next(6))],
                [.. Enumerable.Range(0, tokens)],
                new int[tokens]);
            using var test = new TestTrace(model, rows);
            var placement = RandomCase.RandomPlacement(random, model, cluster, replicas: true);
            var e = PlacementCost.Evaluate(test.Slice(), placement, cluster, new EvaluationOptions { Residency = Residency.Coherent });
            Assert.Equal(0, e.Measures.CombineBytes);
            Assert.Equal(0, e.Step!.CombineSeconds);
            var crossings = e.Measures.GpuCrossingFraction!.Value * tokens * (model.Layers - 1);
            var travelled = (double)e.Measures.DispatchBytes!.Value / TestModels.Dimensions.HiddenStateBytes;
            Assert.Equal(crossings, travelled - e.Detail.RankCopiesByLayer[0] * tokens, 1e-9);
        }
    }

    [Fact]
    public void A_step_does_not_depend_on_how_often_the_same_tokens_are_recorded()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed) { Options = new EvaluationOptions { TokensPerStep = 16 } };
            var rows = given.Test.Rows;
            ushort[] homes = [.. rows.Sequence.Select(s => (ushort)(s % given.Cluster.Ranks))];
            var placement = RandomCase.RandomPlacement(new SeedStream(seed, "twice"), given.Test.Model, given.Cluster, replicas: false);
            var once = rows with { Home = homes };
            var twice = new TraceRows(
                [.. rows.Experts, .. rows.Experts], [.. rows.Sequence, .. rows.Sequence], [.. rows.Position, .. rows.Position],
                rows.GateWeights is { } w ? [.. w, .. w] : null, Home: [.. homes, .. homes]);
            using var one = new TestTrace(given.Test.Model, once, given.Order);
            using var two = new TestTrace(given.Test.Model, twice, given.Order);
            var expected = PlacementCost.Evaluate(one.Slice(), placement, given.Cluster, given.Options).Measures.StepSeconds;
            var actual = PlacementCost.Evaluate(two.Slice(), placement, given.Cluster, given.Options).Measures.StepSeconds;
            Assert.Equal(expected ?? 0, actual ?? 0, 1e-12);
        }
    }

    private static ExpertPlacement Renumber(ExpertPlacement placement, int[] ranks)
    {
        var slots = placement.ToSlots().Select(layer =>
        {
            var moved = new ImmutableArray<int>[ranks.Length];
            for (var rank = 0; rank < ranks.Length; rank++)
                moved[ranks[rank]] = layer[rank];
            return moved.ToImmutableArray();
        });
        return new ExpertPlacement(
            placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, placement.Nodes, placement.RanksPerNode,
            [.. slots], placement.Provenance);
    }

    private sealed class TokenCounter(RandomCase given)
    {
        internal long PairsOf(int layer)
        {
            var (layers, topK, rows) = (given.Test.Model.Layers, given.Test.Model.TopK, given.Test.Rows);
            return Enumerable.Range(0, rows.Count).Where(t => given.Split == TraceSplit.All || rows.Sequence[t] % 5 == 0)
                .Sum(t => rows.Experts.Skip((t * layers + layer) * topK).Take(topK).Count(e => e != RoutingTrace.NoExpert));
        }
    }
}
