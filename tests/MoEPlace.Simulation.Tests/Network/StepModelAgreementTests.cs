using MoEPlace.Evaluation;
using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Network;

public sealed class StepModelAgreementTests
{
    private static readonly ModelDimensions Dimensions = new(
        HiddenSize: 2_048, ExpertIntermediateSize: 2, SharedIntermediateSize: 3, DenseIntermediateSize: 5, VocabularySize: 10, AttentionHeads: 2,
        KeyValueHeads: 1, HeadSize: 2, ValueHeadSize: 2, KeyValueLatentSize: 0, QueryLatentSize: 0, RotaryHeadSize: 0,
        BytesPerExpertParameter: 2, BytesPerParameter: 2, BytesPerActivation: 2);

    [Fact]
    public void An_ideal_exchange_that_its_busiest_port_decides_takes_what_the_step_model_says()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new SeedStream(seed, "step model");
            var cluster = NetworkCases.ClusterOf(1 + random.Next(4), 1 + random.Next(6));
            var model = new StepModel(new MoEModel("test", 1, [0], 4, 1, Dimensions), cluster, new EvaluationOptions());
            // One rank sends to all others, so that its ports are the busiest and always busy.
            var pairs = new long[cluster.Ranks * cluster.Ranks];
            var (from, inside, outside) = (random.Next(cluster.Ranks), 0L, 0L);
            for (var to = 0; to < cluster.Ranks; to++)
            {
                var copies = random.Next(200);
                var sameNode = from / cluster.RanksPerNode == to / cluster.RanksPerNode;
                pairs[from * cluster.Ranks + to] = copies * (long)Dimensions.HiddenStateBytes;
                (inside, outside) = from == to ? (inside, outside) : sameNode ? (inside + copies, outside) : (inside, outside + copies);
            }
            var traffic = ExchangeTraffic.OfPairs(cluster.Ranks, cluster.RanksPerNode, pairs);
            foreach (var form in new[] { traffic, traffic.ToPorts(cluster) })
            {
                var (expected, got) = (model.ExchangeSeconds(inside, outside) * 1e12, NetworkRun.TimeOf(cluster, form).Picoseconds);
                Assert.True(got >= expected - 1e-3 && got < expected + 2, $"seed {seed}: {expected} ps, not {got} ps");
            }
        }
    }
}
