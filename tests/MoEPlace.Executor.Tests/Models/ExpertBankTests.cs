using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

public sealed class ExpertBankTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void An_expert_that_is_copied_in_parts_of_any_length_is_the_same(ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        using var bank = Bank(type);
        for (var seed = 0; seed < 20; seed++)
        {
            var (random, slot) = (new SeedStream(seed, "parts"), bank.Stage(new ExpertId(5)));
            for (long at = 0, length; at < bank.BytesPerExpert; at += length)
            {
                length = Math.Min(bank.BytesPerExpert - at, 1 + random.Next(300));
                bank.Write(slot, at, bank.Read(bank.SlotOf(new ExpertId(3)), at, length));
            }
            foreach (var weights in new[] { bank.GateUp, bank.Down })
                Assert.Equal(Floats(weights.select(0, 0)), Floats(weights.select(0, slot)));
            bank.GateUp.select(0, slot).fill_(0);
            bank.Release();
        }
    }

    [Fact]
    public void What_is_staged_serves_after_a_switch_and_what_serves_no_longer_is_spare_after_a_release()
    {
        using var scope = torch.NewDisposeScope();
        using var bank = Bank(ScalarType.Float32);
        Assert.Equal((3, 4, 4 * bank.BytesPerExpert), (bank.Experts.IndexOf(-1) + 1, bank.Slots, bank.AllocatedBytes));
        Assert.Equal(2, bank.Stage(new ExpertId(5)));
        Assert.Equal(-1, bank.SlotOf(new ExpertId(5)));
        bank.Switch([5, 1]);
        Assert.Equal((2, 1, -1), (bank.SlotOf(new ExpertId(5)), bank.SlotOf(new ExpertId(1)), bank.SlotOf(new ExpertId(3))));
        Assert.Equal([3, 1, 5, -1], bank.Experts);
        bank.Release();
        Assert.Equal([-1, 1, 5, -1], bank.Experts);
        Assert.Equal(2 * bank.BytesPerExpert, bank.HeldBytes);
        bank.Stage(new ExpertId(0));
        bank.Stage(new ExpertId(2));
        Assert.Throws<InvalidOperationException>(() => bank.Stage(new ExpertId(4)));
        bank.Release();
        Assert.Equal([-1, 1, 5, -1], bank.Experts);
    }

    /// <summary>Experts 3 and 1 in four slots.</summary>
    private static ExpertBank Bank(ScalarType type)
    {
        var random = new SeedStream(1, "bank");
        return new ExpertBank([3, 1], 6, Draw(4, 10, 8), Draw(4, 8, 5));

        Tensor Draw(params long[] shape) => torch.tensor<float>(
            [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => (float)random.NextDouble() - 0.5f)], shape, null).to(type);
    }

    private static float[] Floats(Tensor tensor) => tensor.to(ScalarType.Float32).ToArray<float>();
}
