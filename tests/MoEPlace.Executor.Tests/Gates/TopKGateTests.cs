using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Gates;

public sealed class TopKGateTests
{
    private const int Hidden = 5;

    [Fact]
    public void Choices_and_weights_equal_those_of_a_slow_gate()
    {
        // Sums of scores rank groups; logits are no such scores.
        GateScoring[] sums = [GateScoring.Softmax, GateScoring.Sigmoid, GateScoring.SoftmaxOfChosen];
        for (var seed = 0; seed < 60; seed++)
        {
            using var scope = torch.NewDisposeScope();
            var random = new SeedStream(seed, "gate");
            var groups = 1 + random.Next(4);
            var experts = groups * (2 + random.Next(3));
            var kept = 1 + random.Next(groups);
            var config = new TopKConfig
            {
                Choices = 1 + random.Next(Math.Min(4, kept * experts / groups)),
                Scoring = groups > 1 ? sums[random.Next(2)] : sums[random.Next(3)],
                Renormalise = random.Next(2) == 0,
                Scale = random.Next(2) == 0 ? 1 : 2.5,
                Bias = random.Next(2) == 0,
                Groups = groups,
                TopGroups = kept,
                BestOfGroup = 1 + random.Next(2),
            };
            config = config with { Bias = config.Bias && config.Scoring == GateScoring.Sigmoid };
            var weights = Numbers(random, experts * Hidden);
            var bias = Numbers(random, experts);
            var gate = new TopKGate(config, experts, Hidden, "gate.", (name, shape) =>
                torch.tensor<float>(name == "gate.weight" ? weights : bias, shape));
            var x = Numbers(random, 12 * Hidden);
            var choice = gate.Choose(new GateInput(
                new LayerId(0), torch.tensor<float>(x, [12, Hidden]), null, Batches.Prefill([new int[12]])));
            var (chosen, shares) = (choice.Experts.ToArray<long>(), choice.Weights.ToArray<float>());
            Assert.Null(choice.Loss);
            for (var token = 0; token < 12; token++)
            {
                var expected = Slow(config, experts, weights, bias, x.AsSpan(token * Hidden, Hidden));
                for (var i = 0; i < config.Choices; i++)
                {
                    Assert.True(expected[i].Expert == chosen[token * config.Choices + i], $"seed {seed}, token {token}, choice {i}");
                    Assert.Equal(expected[i].Weight, shares[token * config.Choices + i], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void The_loss_of_balance_is_1_when_even_and_as_many_as_experts_when_all_go_to_one()
    {
        using var scope = torch.NewDisposeScope();
        var config = new TopKConfig { Choices = 1, BalanceCoefficient = 1 };
        Assert.Equal(1, Loss(1, [0, 1, 2, 3]), 1e-5);
        Assert.Equal(4, Loss(1, [2, 2, 2, 2]), 1e-3);

        // Expert e likes tokens that point along axis e.
        double Loss(float size, int[] axes)
        {
            var gate = new TopKGate(config, 4, 4, "gate.", (_, shape) =>
            {
                var weight = torch.zeros(shape);
                for (var e = 0; e < 4; e++)
                    weight.select(0, e).select(0, e).fill_(20);
                weight.requires_grad = true;
                return weight;
            });
            var x = new float[axes.Length * 4];
            for (var i = 0; i < axes.Length; i++)
                x[i * 4 + axes[i]] = size;
            var choice = gate.Choose(new GateInput(
                new LayerId(0), torch.tensor<float>(x, [axes.Length, 4]), null, Batches.Prefill([new int[axes.Length]])));
            choice.Loss!.backward();
            Assert.NotNull(gate.Parameters["gate.weight"].grad);
            return choice.Loss.item();
        }
    }

    private static float[] Numbers(SeedStream random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];

    private static (int Expert, double Weight)[] Slow(TopKConfig config, int experts, float[] weights, float[] bias, ReadOnlySpan<float> x)
    {
        var logits = new double[experts];
        for (var e = 0; e < experts; e++)
            for (var i = 0; i < x.Length; i++)
                logits[e] += weights[e * x.Length + i] * x[i];
        var sum = logits.Sum(Math.Exp);
        double[] scores = [.. logits.Select(l => config.Scoring switch
        {
            GateScoring.Softmax => Math.Exp(l) / sum,
            GateScoring.Sigmoid => 1 / (1 + Math.Exp(-l)),
            _ => Math.Exp(l),
        })];
        double[] wanted = [.. scores.Select((s, e) => s + (config.Bias ? bias[e] : 0))];
        var size = experts / config.Groups;
        var stays = Enumerable.Range(0, config.Groups)
            .OrderByDescending(g => wanted.Skip(g * size).Take(size).OrderDescending().Take(config.BestOfGroup).Sum())
            .Take(config.TopGroups).ToHashSet();
        var open = Enumerable.Range(0, experts).Where(e => stays.Contains(e / size));
        var chosen = open.OrderByDescending(e => wanted[e]).Take(config.Choices).ToArray();
        var total = config.Renormalise || config.Scoring == GateScoring.SoftmaxOfChosen ? chosen.Sum(e => scores[e]) : 1;
        return [.. chosen.Select(e => (e, scores[e] / total * config.Scale)).OrderByDescending(c => c.Item2)];
    }
}
