using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

public sealed class ModelLawTests
{
    public static TheoryData<string> AllLayouts => Layouts.All;

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void No_token_sees_one_after_it(string layout)
    {
        using var model = Layouts.Random(layout, 5);
        using var inference = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var width = model.Config.VocabularySize;
        var sequences = Batches.Sequences(new SeedStream(5, "causal"), width, 12, 12);
        var before = model.Forward(Batches.Prefill(sequences), null).ToArray<float>();
        sequences[0][7] = (sequences[0][7] + 1) % width;
        var after = model.Forward(Batches.Prefill(sequences), null).ToArray<float>();
        Assert.InRange(Layouts.Difference(before.AsSpan(0, 7 * width), after.AsSpan(0, 7 * width), width), 0, 1e-5);
        Assert.InRange(Layouts.Difference(before.AsSpan(12 * width), after.AsSpan(12 * width), width), 0, 1e-5);
        for (var token = 7; token < 12; token++)
        {
            var place = token * width;
            Assert.True(Layouts.Difference(before.AsSpan(place, width), after.AsSpan(place, width), width) > 1e-4, $"token {token}");
        }
    }

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void A_sequence_has_the_same_logits_in_whatever_company(string layout)
    {
        using var model = Layouts.Random(layout, 6);
        using var inference = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var width = model.Config.VocabularySize;
        var sequences = Batches.Sequences(new SeedStream(6, "company"), width, 9, 4, 9, 1);
        var ragged = model.Forward(Batches.Prefill(sequences), null).ToArray<float>();
        var start = 0;
        foreach (var sequence in sequences)
        {
            var alone = model.Forward(Batches.Prefill([sequence]), null).ToArray<float>();
            Assert.InRange(Layouts.Difference(alone, ragged.AsSpan(start * width, alone.Length), width), 0, 1e-5);
            start += sequence.Length;
        }
        var even = model.Forward(Batches.Prefill([sequences[0], sequences[2]]), null).ToArray<float>();
        Assert.InRange(Layouts.Difference(ragged.AsSpan(0, 9 * width), even.AsSpan(0, 9 * width), width), 0, 1e-5);
        Assert.InRange(Layouts.Difference(ragged.AsSpan(13 * width, 9 * width), even.AsSpan(9 * width), width), 0, 1e-5);
    }

    [Fact]
    public void A_rank_allocates_its_slots_and_no_more()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var layout = Layouts.Names[seed % Layouts.Names.Length];
            var type = seed % 2 == 0 ? ScalarType.Float32 : ScalarType.BFloat16;
            var config = TransformerConfig.Read(Layouts.Folder(layout));
            var expertBytes = config.ToModel(Tensor.BytesOf(type)).Dimensions!.ExpertBytes;
            var placement = Placements.Random(config, 4, new SeedStream(seed, "placement"));
            using var whole = Layouts.Load(Layouts.Folder(layout), type: type);
            for (var rank = 0; rank < 4; rank++)
            {
                using var model = Layouts.Load(Layouts.Folder(layout), placement, rank, type);
                using var scope = torch.NewDisposeScope();
                foreach (var layer in model.Layers.Where(l => l.IsMoE))
                {
                    var bank = layer.Experts!;
                    var slots = placement.ExpertsOn(layer.Ordinal, new RankId(rank));
                    Assert.Equal(slots.ToArray(), bank.Experts);
                    Assert.True(bank.AllocatedBytes == slots.Length * expertBytes, $"seed {seed}, rank {rank}: {bank.AllocatedBytes}");
                    var all = whole.Layers[layer.Index].Experts!;
                    for (var expert = 0; expert < config.Experts; expert++)
                        Assert.Equal(slots.IndexOf(expert), bank.SlotOf(new ExpertId(expert)));
                    for (var slot = 0; slot < slots.Length; slot++)
                    {
                        Assert.Equal(0, bank.GateUp.select(0, slot).ne(all.GateUp.select(0, slots[slot])).any().item());
                        Assert.Equal(0, bank.Down.select(0, slot).ne(all.Down.select(0, slots[slot])).any().item());
                    }
                }
                Assert.Equal(
                    whole.Parameters.Where(p => !p.Key.Contains(".experts.", StringComparison.Ordinal)).Sum(p => p.Value.StorageBytes)
                    + model.Layers.Sum(l => l.Experts?.AllocatedBytes ?? 0),
                    model.Parameters.Values.Sum(p => p.StorageBytes));
            }
        }
    }

    [Fact]
    public void Pairs_of_a_bank_sum_up_expert_by_expert_in_whatever_order()
    {
        using var inference = torch.no_grad();
        for (var seed = 0; seed < 20; seed++)
        {
            using var scope = torch.NewDisposeScope();
            var random = new SeedStream(seed, "bank");
            var (hidden, width, slots, rows) = (8, 6, 1 + random.Next(5), 1 + random.Next(7));
            using var bank = new ExpertBank(
                [.. Enumerable.Range(0, slots).Reverse()], slots, Numbers(slots, 2 * width, hidden), Numbers(slots, hidden, width));
            var x = Numbers(rows, hidden);
            (int Row, int Slot, float Weight)[] pairs =
                [.. Enumerable.Range(0, random.Next(30)).Select(_ => (random.Next(rows), random.Next(slots), (float)random.NextDouble()))];
            var expected = torch.zeros([rows, hidden]);
            foreach (var (row, slot, weight) in pairs)
            {
                var both = torch.nn.functional.linear(x.narrow(0, row, 1), bank.GateUp.select(0, slot));
                var inner = both.narrow(1, 0, width).silu() * both.narrow(1, width, width);
                expected.narrow(0, row, 1).add_(torch.nn.functional.linear(inner, bank.Down.select(0, slot)), weight);
            }
            for (var order = 0; order < 3; order++)
            {
                random.Shuffle<(int, int, float)>(pairs);
                var weights = torch.tensor<float>([.. pairs.Select(p => p.Weight)]);
                var got = bank.Forward(x, [.. pairs.Select(p => p.Row)], [.. pairs.Select(p => p.Slot)], weights);
                Assert.True((got - expected).abs().max().item() < 1e-5, $"seed {seed}");
            }

            Tensor Numbers(params ReadOnlySpan<long> shape)
            {
                var count = 1L;
                foreach (var size in shape)
                    count *= size;
                return torch.tensor<float>([.. Enumerable.Range(0, (int)count).Select(_ => (float)(2 * random.NextDouble() - 1))], shape);
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void Gradients_reach_every_parameter_and_tell_how_the_loss_changes(string layout)
    {
        using var model = Layouts.Random(layout, 8);
        var sequences = Batches.Sequences(new SeedStream(8, "gradients"), model.Config.VocabularySize, 16, 16, 16, 16);
        var batch = Batches.Prefill(sequences);
        foreach (var parameter in model.Parameters.Values)
            parameter.requires_grad = true;
        using var scope = torch.NewDisposeScope();
        using (torch.NewDisposeScope())
            Loss().backward();
        var random = new SeedStream(8, "directions");
        foreach (var (name, parameter) in model.Parameters)
        {
            // The bias of choice moves no weight; its gradient is none by design.
            if (name.EndsWith("e_score_correction_bias", StringComparison.Ordinal))
                continue;
            var gradient = parameter.grad;
            Assert.True(gradient is not null && gradient.abs().max().item() > 0, $"{layout}: no gradient at {name}");
        }
        // Down the gradient of the head, where no choice depends on it, the loss falls as the gradient says.
        var head = model.Parameters.TryGetValue("lm_head.weight", out var own) ? own : model.Parameters["model.norm.weight"];
        var slope = head.grad!.square().sum().item();
        using var inference = torch.no_grad();
        var before = Loss().item();
        var step = 1e-3 / Math.Sqrt(slope);
        head.add_(head.grad!, -step);
        Assert.Equal(-step * slope, Loss().item() - before, Math.Abs(0.05 * step * slope) + 1e-6);

        Tensor Loss()
        {
            var logits = model.Forward(batch, null);
            var targets = torch.tensor<long>([.. batch.Ids.Select(i => (long)((i + 1) % model.Config.VocabularySize))]);
            return torch.nn.functional.cross_entropy(logits, targets);
        }
    }

    [Fact]
    public void The_same_seed_draws_the_same_model_and_another_another()
    {
        using var scope = torch.NewDisposeScope();
        using var a = Layouts.Random("qwen3-moe", 1);
        using var b = Layouts.Random("qwen3-moe", 1);
        using var c = Layouts.Random("qwen3-moe", 2);
        foreach (var (name, value) in a.Parameters)
        {
            Assert.Equal(value.ToArray<float>(), b.Parameters[name].ToArray<float>());
            if (value.dim() > 1)
            {
                Assert.NotEqual(value.ToArray<float>(), c.Parameters[name].ToArray<float>());
                var deviation = Math.Sqrt(value.square().mean().item());
                Assert.InRange(deviation, 0.2, 0.3);
            }
        }
    }
}
