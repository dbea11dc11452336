using MoEPlace.Executor.Gates;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Gates;

/// <summary>Small cases, worked out by hand. The hidden state is the logits where the weight is the unit matrix.</summary>
public sealed class GateExampleTests
{
    private static readonly double[] Shares = [0.5, 0.25, 0.125, 0.125];

    [Fact]
    public void Top_p_takes_experts_until_they_hold_the_threshold()
    {
        using var scope = torch.NewDisposeScope();
        Assert.Equal([0, -1, -1], Choose(0.5).Experts.ToArray<long>());
        Assert.Equal([0, 1, -1], Choose(0.6).Experts.ToArray<long>());
        var all = Choose(1);
        Assert.Equal([0, 1], all.Experts.ToArray<long>()[..2]);
        Close([0.5, 0.25, 0.125], all.Weights);

        static GateChoice Choose(double threshold) =>
            Gate(GateKind.TopP, new GateOptions { Kind = GateKind.TopP, Threshold = threshold }, Unit(4), choices: 3).Choose(Input(Logs(Shares)));
    }

    [Fact]
    public void Null_experts_stand_last_and_leave_their_weight_to_the_others()
    {
        using var scope = torch.NewDisposeScope();
        var options = new GateOptions { Kind = GateKind.NullExperts, NullExperts = 2 };
        double[] shares = [0.2, 0.1, 0.4, 0.3];
        var gate = Gate(GateKind.NullExperts, options, Unit(4), experts: 2, choices: 3);
        var choice = gate.Choose(Input(Logs(shares)));
        Assert.Equal([0, 2, 3], choice.Experts.ToArray<long>());
        Close([1, 0, 0], choice.Weights);
        gate = Gate(GateKind.NullExperts, options, Unit(4), experts: 2, choices: 2);
        Close([0, 0], gate.Choose(Input(Logs(shares))).Weights);
    }

    [Fact]
    public void Zero_copy_and_constant_experts_give_what_they_are_called()
    {
        using var scope = torch.NewDisposeScope();
        var gate = new CostFreeGate(
            new GateSite(new LayerId(0), 1, 2, 2, 3, "", (name, shape) => name switch
            {
                "constants.0.vector" => torch.tensor<float>([10, 20]),
                _ => torch.zeros(shape),
            }),
            new GateOptions { Kind = GateKind.CostFreeExperts, ConstantExperts = 1 });
        var hidden = torch.tensor<float>([1, 2], [1, 2]);
        Close([0, 0], Free(0, 1, 2));
        Close([0.25, 0.5], Free(0, 3, 2));
        Close([0.5 * (0.5 * 1 + 0.5 * 10), 0.5 * (0.5 * 2 + 0.5 * 20)], Free(4, 0, 1));

        Tensor Free(params long[] experts) =>
            gate.CostFreeOutput(hidden, torch.tensor<long>(experts, [1, 3]), torch.tensor<float>([0.5f, 0.25f, 0.125f], [1, 3]))!;
    }

    [Fact]
    public void A_residual_adds_the_logits_of_the_layer_before()
    {
        using var scope = torch.NewDisposeScope();
        var options = new GateOptions { Kind = GateKind.CostFreeExperts, ZeroExperts = 0, CopyExperts = 0, ConstantExperts = 0 };
        var gate = new CostFreeGate(
            new GateSite(new LayerId(1), 2, 2, 2, 1, "", (name, shape) => name == "weight" ? Unit(2) : Unit(2) * 3), options);
        var choice = gate.Choose(new GateInput(new LayerId(1), torch.tensor<float>([1, 0], [1, 2]), torch.tensor<float>([0, 2], [1, 2]), GateBench.Batch(1)));
        Close([1, 6], choice.Carry!);
        Assert.Equal([1], choice.Experts.ToArray<long>());
    }

    [Fact]
    public void A_recurrent_gate_steps_as_the_unit_of_its_formula()
    {
        using var scope = torch.NewDisposeScope();
        // Width 1: every weight is a number. r = s(0.5 x + h), z = s(-x), n = tanh(x + r (2 h + 0.25)).
        var gate = new RecurrentGate(
            new GateSite(new LayerId(0), 1, 2, 1, 1, "", (name, shape) => name switch
            {
                "project.weight" => torch.ones([1, 1]),
                "weight" => torch.tensor<float>([1, -1], [2, 1]),
                "model.gate_unit.weight_ih" => torch.tensor<float>([0.5f, -1, 1], [3, 1]),
                "model.gate_unit.weight_hh" => torch.tensor<float>([1, 0, 2], [3, 1]),
                "model.gate_unit.bias_hh" => torch.tensor<float>([0, 0, 0.25f]),
                _ => torch.zeros(shape),
            }),
            new GateOptions { Kind = GateKind.Recurrent, StateWidth = 1 });
        double h = 0;
        Tensor? carry = null;
        foreach (var x in new[] { 0.3f, -1.5f, 0.8f })
        {
            var choice = gate.Choose(new GateInput(new LayerId(0), torch.tensor<float>([x], [1, 1]), carry, GateBench.Batch(1)));
            var n = Math.Tanh(x + Sigmoid(0.5 * x + h) * (2 * h + 0.25));
            h = (1 - Sigmoid(-x)) * n + Sigmoid(-x) * h;
            Close([h], choice.Carry!);
            Assert.Equal([h > 0 ? 0L : 1], choice.Experts.ToArray<long>());
            carry = choice.Carry;
        }

        static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    }

    [Fact]
    public void A_pre_gate_picks_for_the_next_layer()
    {
        using var scope = torch.NewDisposeScope();
        var options = new GateOptions { Kind = GateKind.PreGate };
        var first = new PreGate(new GateSite(new LayerId(0), 2, 2, 2, 1, "", (name, _) => name == "weight" ? Unit(2) : -Unit(2)), options);
        var last = new PreGate(new GateSite(new LayerId(1), 2, 2, 2, 1, "", (name, _) => throw new InvalidOperationException(name)), options);
        var choice = first.Choose(Input([2, 1]));
        Assert.Equal([0], choice.Experts.ToArray<long>());
        var next = last.Choose(new GateInput(new LayerId(1), torch.tensor<float>([9, 0], [1, 2]), choice.Carry, GateBench.Batch(1)));
        Assert.Equal([1], next.Experts.ToArray<long>());
        Assert.Null(next.Carry);
    }

    [Fact]
    public void Experts_choose_the_tokens_that_suit_them_best()
    {
        using var scope = torch.NewDisposeScope();
        // 3 tokens x 0.6 / 2 experts, rounded up: one token each, and the second gets none. With factor 2 both experts pick all three.
        var gate = Gate(GateKind.ExpertChoice, new GateOptions { Kind = GateKind.ExpertChoice, CapacityFactor = 0.6 }, Unit(2), experts: 2, choices: 2);
        var choice = gate.Choose(new GateInput(new LayerId(0), torch.tensor<float>([5, 0, 0, 0, 0, 3], [3, 2]), null, GateBench.Batch(3)));
        Assert.Equal([0, -1, -1, -1, 1, -1], choice.Experts.ToArray<long>());
        var both = Gate(GateKind.ExpertChoice, new GateOptions { Kind = GateKind.ExpertChoice, CapacityFactor = 2 }, Unit(2), experts: 2, choices: 1);
        choice = both.Choose(new GateInput(new LayerId(0), torch.tensor<float>([5, 0, 0, 0, 0, 3], [3, 2]), null, GateBench.Batch(3)));
        var ids = choice.Experts.ToArray<long>();
        Assert.Equal((0, 1), (ids[0], ids[2]));
    }

    [Fact]
    public void Domains_keep_to_their_groups_and_others_are_refused()
    {
        using var scope = torch.NewDisposeScope();
        var gate = Gate(GateKind.Domain, new GateOptions { Kind = GateKind.Domain, Domains = ["prose", "code"] }, Unit(4), choices: 1);
        var hidden = torch.tensor<float>([9, 1, 2, 3, 9, 1, 3, 2], [2, 4]);
        var batch = GateBench.Batch(6).Pick([0, 5]);
        Assert.Equal([0, 2], gate.Choose(new GateInput(new LayerId(0), hidden, null, batch)).Experts.ToArray<long>());
        var fault = Assert.Throws<InputException>(() =>
            gate.Choose(new GateInput(new LayerId(0), hidden.narrow(0, 0, 1), null, GateBench.Batch(11).Pick([10]))));
        Assert.Contains("prose, code", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lots_are_drawn_evenly_and_differ_by_layer()
    {
        using var scope = torch.NewDisposeScope();
        var gate = Gate(GateKind.Random, new GateOptions { Kind = GateKind.Random }, Unit(4), choices: 2);
        const int tokens = 4000;
        var input = new GateInput(new LayerId(0), torch.zeros([tokens, 4]), null, GateBench.Batch(tokens));
        var first = gate.Choose(input).Experts;
        var counts = first.reshape(-1).bincount(4).ToArray<long>();
        // Each of 4 experts gets half of 4000 tokens, with a standard deviation of 32.
        Assert.All(counts, count => Assert.InRange(count, 1850, 2150));
        Assert.NotEqual(first.ToArray<long>(), gate.Choose(input with { Layer = new LayerId(1) }).Experts.ToArray<long>());
    }

    [Fact]
    public void The_balance_loss_is_one_when_all_is_even_and_n_when_one_expert_has_all()
    {
        using var scope = torch.NewDisposeScope();
        var even = torch.full([4, 4], 0.25);
        Assert.Equal(1, GateLoss.Balance(even, torch.tensor<long>([0, 1, 2, 3], [4, 1])).item(), 1e-6);
        var one = torch.tensor<float>([1, 0, 0, 0, 1, 0, 0, 0], [2, 4]);
        Assert.Equal(4, GateLoss.Balance(one, torch.tensor<long>([0, -1, 0, -1], [2, 2])).item(), 1e-6);
        Assert.Equal(Math.Log(4), GateLoss.Entropy(torch.zeros([3, 4])).item(), 1e-6);
        Assert.Equal(Math.Pow(Math.Log(4), 2), GateLoss.Z(torch.zeros([3, 4])).item(), 1e-6);
    }

    private static IGate Gate(GateKind kind, GateOptions options, Tensor weight, int experts = 4, int choices = 2) =>
        GateConstruction.Make(new GateSite(new LayerId(0), 1, experts, (int)weight.size(1), choices, "", (_, _) => weight), options with { Kind = kind });

    private static GateInput Input(double[] hidden) =>
        new(new LayerId(0), torch.tensor<float>([.. hidden.Select(h => (float)h)], [1, hidden.Length]), null, GateBench.Batch(1));

    private static double[] Logs(double[] shares) => [.. shares.Select(s => Math.Log(s))];

    private static Tensor Unit(int n)
    {
        var values = new float[n * n];
        for (var i = 0; i < n; i++)
            values[i * n + i] = 1;
        return torch.tensor<float>(values, [n, n]);
    }

    private static void Close(double[] expected, Tensor actual)
    {
        var values = actual.ToArray<float>();
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(expected[i], values[i], 1e-5);
    }
}
