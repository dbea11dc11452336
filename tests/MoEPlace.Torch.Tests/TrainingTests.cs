using Xunit;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Torch.Tests;

public sealed class TrainingTests
{
    [Fact]
    public void Gradients_of_grouped_experts_equal_differences()
    {
        using var scope = torch.NewDisposeScope();
        var stream = new SeedStream(3, "gradients");
        var (x, gateUp, down) = (TensorTests.Random(stream, 5, 3), TensorTests.Random(stream, 2, 4, 3), TensorTests.Random(stream, 2, 3, 2));
        Tensor[] all = [x.to(ScalarType.Float64), gateUp.to(ScalarType.Float64), down.to(ScalarType.Float64)];
        foreach (var tensor in all)
            tensor.requires_grad = true;
        Loss(all).backward();
        foreach (var tensor in all)
        {
            var gradient = tensor.grad!.ToArray<double>();
            var values = tensor.detach().ToArray<double>();
            for (var i = 0; i < values.Length; i++)
            {
                var slope = (At(tensor, values, i, 1e-5) - At(tensor, values, i, -1e-5)) / 2e-5;
                Assert.Equal(slope, gradient[i], 1e-6);
            }
        }

        double At(Tensor tensor, double[] values, int i, double shift)
        {
            double[] moved = [.. values];
            moved[i] += shift;
            var changed = torch.tensor<double>(moved, tensor.shape);
            return Loss([.. all.Select(t => ReferenceEquals(t, tensor) ? changed : t)]).item();
        }

        static Tensor Loss(Tensor[] t) => grouped_experts(t[0], [2, 3], t[1], t[2]).square().sum();
    }

    [Fact]
    public void AdamW_moves_as_its_formula_says()
    {
        using var scope = torch.NewDisposeScope();
        var parameter = torch.tensor<float>([1, -2]);
        parameter.requires_grad = true;
        using var optimizer = new AdamW([parameter], 0.1, 0.9, 0.99, 1e-8, 0.05);
        double[] expected = [1, -2], first = [0, 0], second = [0, 0];
        for (var step = 1; step <= 5; step++)
        {
            optimizer.zero_grad();
            parameter.square().sum().backward();
            for (var i = 0; i < 2; i++)
            {
                var gradient = 2 * expected[i];
                expected[i] -= 0.1 * 0.05 * expected[i];
                first[i] = 0.9 * first[i] + 0.1 * gradient;
                second[i] = 0.99 * second[i] + 0.01 * gradient * gradient;
                expected[i] -= 0.1 * first[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.99, step))) + 1e-8);
            }
            optimizer.step();
            var got = parameter.detach().ToArray<float>();
            Assert.Equal(expected[0], got[0], 1e-5);
            Assert.Equal(expected[1], got[1], 1e-5);
        }
        Assert.Equal(5, optimizer.StateOf(0).Steps);
    }

    [Fact]
    public void An_optimizer_whose_state_is_put_back_goes_on_bit_by_bit()
    {
        using var scope = torch.NewDisposeScope();
        var a = torch.tensor<float>([1, -2, 3]);
        a.requires_grad = true;
        using var one = new AdamW([a], 0.1);
        Step(one, a, 3);
        var b = a.detach().clone();
        b.requires_grad = true;
        using var other = new AdamW([b], 0.1);
        var (first, second, steps) = one.StateOf(0);
        other.SetState(0, first!, second!, steps);
        Step(one, a, 4);
        Step(other, b, 4);
        Assert.Equal(a.detach().ToArray<float>(), b.detach().ToArray<float>());

        static void Step(AdamW optimizer, Tensor parameter, int steps)
        {
            for (var i = 0; i < steps; i++)
            {
                optimizer.zero_grad();
                parameter.square().sum().backward();
                optimizer.step();
            }
        }
    }

    [Fact]
    public void Nothing_is_remembered_without_gradients()
    {
        using var scope = torch.NewDisposeScope();
        var parameter = torch.ones([2]);
        parameter.requires_grad = true;
        using (torch.no_grad())
            Assert.False(parameter.square().requires_grad);
        Assert.True(parameter.square().requires_grad);
    }
}
