using Xunit;

namespace MoEPlace.Evaluation.Tests;

/// <summary>By hand, with the round figures of <see cref="TestModels"/>: 1 flop and 1 byte of memory take 1 ns.</summary>
public sealed class StepModelTests
{
    private const double Nanosecond = 1e-9;
    private static readonly MoEModel Model = new("tiny", 3, [1, 2], 4, 2, TestModels.Dimensions);
    private static readonly EvaluationOptions FourTokens = new() { TokensPerStep = 4, ContextTokens = 10 };

    [Fact]
    public void Experts_take_what_their_weights_or_their_operations_take()
    {
        var step = new StepModel(Model, TestModels.Cluster(1, 2), FourTokens);
        Assert.Equal(48 * 3 * Nanosecond, step.ExpertSeconds(3, 2), 1e-15);
        Assert.Equal(48 * 2 * Nanosecond, step.ExpertSeconds(1, 2), 1e-15);
        Assert.Equal(1 - 0.0625, step.ActivatedShare(1, 2), 1e-12);
        Assert.Equal(0, step.ActivatedShare(0, 2));
        Assert.Equal(1, step.ActivatedShare(5, 2));
    }

    [Fact]
    public void An_exchange_takes_its_slower_tier()
    {
        var cluster = TestModels.Cluster(2, 2);
        cluster = cluster with
        {
            IntraNode = cluster.IntraNode with { LatencyNanoseconds = 7 },
            InterNode = cluster.InterNode with { LatencyNanoseconds = 100 },
        };
        var step = new StepModel(Model, cluster, FourTokens);
        Assert.Equal(0, step.ExchangeSeconds(0, 0));
        Assert.Equal((7 + 80) * Nanosecond, step.ExchangeSeconds(10, 0), 1e-15);
        Assert.Equal((100 + 32) * Nanosecond, step.ExchangeSeconds(10, 1), 1e-15);
    }

    [Fact]
    public void Attention_takes_projections_and_the_cache()
    {
        var decode = new StepModel(Model, TestModels.Cluster(1, 2), FourTokens);
        // 48 parameters: 2 x 48 flops a token or 96 bytes. Core: 2 heads x 2 x (2 + 2) flops for each of 10 tokens.
        Assert.Equal((2 * 96 + 2 * 160) * Nanosecond, decode.AttentionSeconds(2), 1e-15);
        Assert.Equal(96 * Nanosecond, decode.AttentionSeconds(0), 1e-15);
        var prefill = new StepModel(Model, TestModels.Cluster(1, 2), FourTokens with { Phase = ServingPhase.Prefill });
        Assert.Equal((2 * 96 + 2 * 16 * 5.5) * Nanosecond, prefill.AttentionSeconds(2), 1e-15);
    }

    [Fact]
    public void Latent_attention_decodes_on_the_latent_and_prefills_on_heads()
    {
        var latent = Model with { Dimensions = TestModels.Dimensions with { KeyValueLatentSize = 3, RotaryHeadSize = 1 } };
        // Query 4 x 2 x 3 = 24, latent 4 x 4 = 16, expansion 3 x 2 x 4 = 24, output 16: 80 parameters.
        var decode = new StepModel(latent, TestModels.Cluster(1, 2), FourTokens);
        Assert.Equal((2 * 160 + 2 * 10 * 28) * Nanosecond, decode.AttentionSeconds(2), 1e-15);
        var prefill = new StepModel(latent, TestModels.Cluster(1, 2), FourTokens with { Phase = ServingPhase.Prefill });
        Assert.Equal((2 * 160 + 2 * 5.5 * 20) * Nanosecond, prefill.AttentionSeconds(2), 1e-15);
    }

    [Fact]
    public void A_step_is_the_sum_of_its_parts()
    {
        var cluster = TestModels.Cluster(1, 2);
        cluster = cluster with { Device = cluster.Device with { KernelLaunchNanoseconds = 1000 } };
        // Two tokens were counted, four are in a step: everything doubles.
        var a = new StepAggregates(2, 2) { Tokens = 2 };
        Fill(a.ResidentTokens, 1, 1, 2, 0, 1, 1);
        Fill(a.ExpertPairs, 3, 1, 2, 2);
        Fill(a.ActivatedExperts, 2, 1, 5, 2);
        Fill(a.Dispatch.TokenSideIntraNode, 1, 0, 0, 0);
        Fill(a.Dispatch.ExpertSideIntraNode, 0, 1, 0, 0);
        Fill(a.Combine.ExpertSideIntraNode, 0, 2, 0, 0);
        Fill(a.Combine.TokenSideIntraNode, 1, 1, 0, 0);
        var step = new StepModel(Model, cluster, FourTokens).Step(a);
        // Busiest 2 tokens in layer 0 (dense) and layer 1, 4 in layer 2; attention 96 n + 160 n, gate 32 n, one launch each.
        Assert.Equal((3 * 1000 + 256 * 2 + (256 + 32) * 2 + (256 + 32) * 4) * Nanosecond, step.AttentionSeconds, 1e-15);
        Assert.Equal(2 * 8 * Nanosecond, step.DispatchSeconds, 1e-15);
        // 6 pairs, then 5 experts' weights against 4 pairs.
        Assert.Equal((2 * 1000 + 6 * 48 + 5 * 48) * Nanosecond, step.ComputeSeconds, 1e-15);
        Assert.Equal(4 * 8 * Nanosecond, step.CombineSeconds, 1e-15);
        // 36 parameters; 4 tokens after the first MoE layer, 2 after the second.
        Assert.Equal(72 * (4 + 2) * Nanosecond, step.SharedExpertSeconds, 1e-15);
        Assert.Equal(120 * 2 * Nanosecond, step.DenseSeconds, 1e-15);
        Assert.Equal(0, step.ContextSeconds);
        var parts = step.AttentionSeconds + step.DispatchSeconds + step.ComputeSeconds + step.CombineSeconds;
        parts += step.SharedExpertSeconds + step.DenseSeconds;
        Assert.Equal(parts, step.TotalSeconds, 1e-15);
    }

    [Fact]
    public void A_coherent_context_is_gathered_by_every_other_rank()
    {
        var model = new MoEModel("tiny", 1, [0], 4, 2, TestModels.Dimensions);
        var a = new StepAggregates(1, 4) { Tokens = 4 };
        Fill(a.ResidentTokens, 4, 0, 0, 0, 1, 1, 1, 1);
        var step = new StepModel(model, TestModels.Cluster(2, 2), FourTokens with { Residency = Residency.Coherent }).Step(a);
        // Rank 0 sends the 8 bytes of 4 tokens to one rank of its node and to two of the other, where a byte takes 4 ns.
        Assert.Equal(4 * 8 * 2 * 4 * Nanosecond, step.ContextSeconds, 1e-15);
    }

    [Fact]
    public void Memory_is_experts_other_weights_and_cache()
    {
        var cluster = TestModels.Cluster(1, 2);
        var placement = TestModels.Placement(Model, cluster, [[0, 1], [2, 3]], [[0, 1], [0, 2, 3]]);
        // 5 experts of 48; 144 attention + 104 shared and gate + 60 dense + 80 embedding parameters of 2 bytes; a cache of
        // 40 tokens x 3 layers x 8 bytes.
        Assert.Equal(240 + 776 + 480, Memory(FourTokens, 0.5));
        Assert.Equal(192 + 776 + 960, Memory(FourTokens, 1));
        Assert.Equal(240 + 776 + 960, Memory(FourTokens with { Residency = Residency.Coherent }, 1));
        Assert.Equal(240 + 776 + 72, Memory(FourTokens with { Phase = ServingPhase.Prefill, ContextTokens = 3 }, 0.5));

        long Memory(EvaluationOptions options, double first) =>
            new StepModel(Model, cluster, options).MemoryBytesPerRank(placement, [first, 1 - first]);
    }

    [Fact]
    public void Refuses_a_model_without_dimensions_and_aggregates_of_another_shape()
    {
        var cluster = TestModels.Cluster(1, 2);
        Assert.Throws<ArgumentException>(() => new StepModel(Model with { Dimensions = null }, cluster, FourTokens));
        Assert.Throws<InputException>(() => new StepModel(Model, cluster, FourTokens with { TokensPerStep = 0 }));
        var step = new StepModel(Model, cluster, FourTokens);
        Assert.Throws<ArgumentException>(() => step.Step(new StepAggregates(2, 3) { Tokens = 1 }));
        Assert.Throws<ArgumentException>(() => step.Step(new StepAggregates(2, 2)));
    }

    private static void Fill(double[] array, params double[] values) => values.CopyTo(array, 0);

    [Fact]
    public void A_slow_rank_takes_longer_for_all_that_it_computes_and_nothing_else()
    {
        var cluster = TestModels.Cluster(1, 2);
        var slow = cluster with { UnequalRanks = [new UnequalRank(1, Speed: 0.5)] };
        var aggregates = new StepAggregates(2, 2) { Tokens = 4 };
        aggregates.ExpertPairs.AsSpan().Fill(4);
        aggregates.ResidentTokens.AsSpan().Fill(2);
        aggregates.Dispatch.TokenSideIntraNode.AsSpan().Fill(3);
        var equal = new StepModel(Model, cluster, FourTokens).Step(aggregates);
        var unequal = new StepModel(Model, slow, FourTokens).Step(aggregates);
        Assert.Equal(equal.DispatchSeconds, unequal.DispatchSeconds, 1e-15);
        var launches = 2 * cluster.Device.KernelLaunchNanoseconds * Nanosecond;
        Assert.Equal(2 * (equal.ComputeSeconds - launches) + launches, unequal.ComputeSeconds, 1e-15);
        // Fewer tokens on the slow rank, and the others decide again.
        for (var i = 1; i < aggregates.ExpertPairs.Length; i += 2)
            (aggregates.ExpertPairs[i], aggregates.ActivatedExperts[i]) = (2, 0);
        Assert.Equal(equal.ComputeSeconds, new StepModel(Model, slow, FourTokens).Step(aggregates).ComputeSeconds, 1e-15);
    }
}
