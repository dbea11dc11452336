using System.Collections.Immutable;
using MoEPlace.Executor.Gates;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Gates;

/// <summary>What holds for every kind of gate.</summary>
public sealed class GateLawTests
{
    private const int Layers = 3, Experts = 9, Hidden = 6, Tokens = 20;

    public static TheoryData<GateKind> Kinds => [.. Enum.GetValues<GateKind>().Where(k => k != GateKind.TopK)];

    public static TheoryData<GateKind> Renormalised =>
        [GateKind.Recurrent, GateKind.PreGate, GateKind.Random, GateKind.Domain, GateKind.NullExperts];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Experts_are_distinct_and_in_order_of_falling_weight(GateKind kind)
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            using var scope = torch.NewDisposeScope();
            var (_, gates, choices) = Run(kind, seed, trained: false);
            foreach (var (layer, choice) in choices.Index())
            {
                var ids = choice.Experts.ToArray<long>();
                var weights = choice.Weights.ToArray<float>();
                var k = gates[layer].Choices;
                Assert.Equal([Tokens, k], choice.Experts.shape);
                for (var token = 0; token < Tokens; token++)
                {
                    var mine = ids.AsSpan(token * k, k).ToArray();
                    var its = weights.AsSpan(token * k, k).ToArray();
                    var where = $"seed {seed}, layer {layer}, token {token}: {string.Join(' ', mine)} by {string.Join(' ', its)}";
                    Assert.True(mine.Where(e => e >= 0).Distinct().Count() == mine.Count(e => e >= 0), where);
                    Assert.True(Array.TrueForAll(mine, e => e >= -1 && e < Experts + Free(kind)), where);
                    Assert.True(its.Zip(its.Skip(1)).All(pair => pair.First >= pair.Second), where);
                    Assert.True(mine.Zip(its).All(pair => pair.First >= 0 || pair.Second == 0), where);
                    Assert.True(Array.TrueForAll(its, w => w is >= 0 and <= 1.000001f), where);
                }
                Assert.Null(choice.Loss);
                Assert.Equal(layer < Layers - 1 && gates[layer].CarryWidth > 0, choice.Carry is not null && layer < Layers - 1);
                if (choice.Carry is not null)
                    Assert.Equal([Tokens, gates[layer].CarryWidth], choice.Carry.shape);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Renormalised))]
    public void Weights_sum_to_one_or_to_none(GateKind kind)
    {
        using var scope = torch.NewDisposeScope();
        foreach (var choice in Run(kind, 3, trained: false).Choices)
        {
            var sums = choice.Weights.sum(-1).ToArray<float>();
            var real = choice.Experts.ge(0).logical_and(choice.Experts.lt(Experts)).any().item();
            Assert.Equal(1, real);
            Assert.All(sums, sum => Assert.True(Math.Abs(sum - 1) < 1e-5 || sum == 0, $"{sum}"));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_reach_every_weight(GateKind kind)
    {
        using var scope = torch.NewDisposeScope();
        var (bench, gates, choices) = Run(kind, 5, trained: true);
        var loss = torch.zeros([1]);
        foreach (var (layer, choice) in choices.Index())
        {
            loss += (choice.Weights * bench.Random(choice.Weights.shape)).sum();
            if (gates[layer].CostFreeOutput(bench.Random(Tokens, Hidden), choice.Experts, choice.Weights) is { } free)
                loss += (free * bench.Random(free.shape)).sum();
            if (choice.Loss is not null)
                loss += choice.Loss;
        }
        if (kind == GateKind.Random)
        {
            Assert.Empty(bench.Weights);
            return;
        }
        loss.backward();
        foreach (var (name, weight) in bench.Weights)
            Assert.True(weight.grad is { } gradient && gradient.isfinite().all().item() == 1 && gradient.abs().sum().item() > 0, name);
        Assert.Equal(bench.Weights.Keys.Order(), gates.SelectMany(g => g.Parameters.Keys).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_same_tokens_get_the_same_experts(GateKind kind)
    {
        using var scope = torch.NewDisposeScope();
        var (first, second) = (Run(kind, 7, trained: false).Choices, Run(kind, 7, trained: false).Choices);
        foreach (var (a, b) in first.Zip(second))
        {
            Assert.Equal(a.Experts.ToArray<long>(), b.Experts.ToArray<long>());
            Assert.Equal(a.Weights.ToArray<float>(), b.Weights.ToArray<float>());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_token_gets_what_it_would_get_alone(GateKind kind)
    {
        if (new GateOptions { Kind = kind }.NeedsWholeBatch)
            return;
        using var scope = torch.NewDisposeScope();
        var bench = new GateBench(11, Layers, Experts, Hidden);
        var gates = Make(kind, bench);
        var hidden = Enumerable.Range(0, Layers).Select(_ => bench.Random(Tokens, Hidden)).ToArray();
        var together = GateBench.Run(gates, hidden, GateBench.Batch(Tokens));
        for (var token = 0; token < Tokens; token += 7)
        {
            var alone = GateBench.Run(gates, [.. hidden.Select(h => h.narrow(0, token, 1))], GateBench.Batch(Tokens).Pick([token]));
            for (var layer = 0; layer < Layers; layer++)
                Assert.Equal(together[layer].Experts.narrow(0, token, 1).ToArray<long>(), alone[layer].Experts.ToArray<long>());
        }
    }

    internal static GateOptions Options(GateKind kind) => new() { Kind = kind, NullExperts = 5, Domains = ["a", "b", "c"], ZCoefficient = 0.001 };

    private static int Free(GateKind kind) => kind switch
    {
        GateKind.NullExperts => 5,
        GateKind.CostFreeExperts => 4,
        _ => 0,
    };

    private static ImmutableArray<IGate> Make(GateKind kind, GateBench bench) =>
        [.. Enumerable.Range(0, Layers).Select(layer => GateConstruction.Make(bench.Site(layer), Options(kind)))];

    private static (GateBench Bench, ImmutableArray<IGate> Gates, GateChoice[] Choices) Run(GateKind kind, long seed, bool trained)
    {
        var bench = new GateBench(seed, Layers, Experts, Hidden, choices: kind is GateKind.TopP or GateKind.CostFreeExperts ? 3 : 2);
        var gates = Make(kind, bench);
        foreach (var weight in bench.Weights.Values)
            weight.requires_grad = trained;
        var hidden = Enumerable.Range(0, Layers).Select(_ => bench.Random(Tokens, Hidden)).ToArray();
        return (bench, gates, GateBench.Run(gates, hidden, GateBench.Batch(Tokens)));
    }
}
