using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

public sealed class CacheTests
{
    public static TheoryData<string> AllLayouts => Layouts.All;

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void Prefill_and_decode_give_the_logits_of_one_pass(string layout)
    {
        using var model = Layouts.Random(layout, 3);
        using var inference = torch.no_grad();
        var random = new SeedStream(3, "cache");
        int[][] rowsOf = [[0, 1, 2, 3], [4, 0, 3, 1]];
        foreach (var rows in rowsOf)
        {
            using var scope = torch.NewDisposeScope();
            var width = model.Config.VocabularySize;
            var sequences = Batches.Sequences(random, width, 9, 14, 11, 14);
            int[] first = [2, 5, 5, 1];
            var whole = model.Forward(Batches.Prefill(sequences), null).ToArray<float>();
            var start = new int[sequences.Length];
            for (var s = 1; s < start.Length; s++)
                start[s] = start[s - 1] + sequences[s - 1].Length;
            using var cache = new KeyValueCache(model.Config, 5, 16, TorchDevice.Cpu);
            var seen = new float[whole.Length];
            Put(Batches.Prefill(sequences, rows, first));
            for (var step = 1; step < 14; step++)
            {
                (int Sequence, int Position)[] next =
                    [.. sequences.Select((ids, s) => (s, first[s] + step - 1)).Where(t => t.Item2 < sequences[t.s].Length)];
                if (next.Length > 0)
                    Put(Batches.Decode(sequences, rows, next));
            }
            Assert.InRange(Layouts.Difference(whole, seen, width), 0, 1e-5);

            void Put(TokenBatch batch)
            {
                var logits = model.Forward(batch, cache).ToArray<float>();
                for (var i = 0; i < batch.Count; i++)
                    logits.AsSpan(i * width, width).CopyTo(seen.AsSpan((start[batch.Sequences[i]] + batch.Positions[i]) * width));
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void What_is_read_from_one_cache_and_written_to_another_serves_as_well(string layout)
    {
        using var model = Layouts.Random(layout, 4);
        using var inference = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var sequences = Batches.Sequences(new SeedStream(4, "cache"), model.Config.VocabularySize, 6, 4);
        using var one = new KeyValueCache(model.Config, 2, 8, TorchDevice.Cpu);
        using var other = new KeyValueCache(model.Config, 3, 9, TorchDevice.Cpu);
        var prompt = Batches.Prefill(sequences, [0, 1], [5, 3]);
        model.Forward(prompt, one);
        var positions = torch.tensor<long>([.. prompt.Positions.Select(p => (long)p)]);
        var from = torch.tensor<long>([.. prompt.CacheRows.Select(r => (long)r)]);
        var to = torch.tensor<long>([.. prompt.CacheRows.Select(r => (long)(2 - r))]);
        for (var layer = 0; layer < model.Config.HiddenLayers; layer++)
        {
            var values = one.Read(layer, from, positions);
            Assert.Equal([prompt.Count, one.Width], values.shape);
            other.Write(layer, to, positions, values);
        }
        (int, int)[] next = [(0, 5), (1, 3)];
        var direct = model.Forward(Batches.Decode(sequences, [0, 1], next), one).ToArray<float>();
        var moved = model.Forward(Batches.Decode(sequences, [2, 1], next), other).ToArray<float>();
        Assert.InRange(Layouts.Difference(direct, moved, model.Config.VocabularySize), 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void A_cache_takes_what_the_model_says_a_token_adds(string layout)
    {
        var config = TransformerConfig.Read(Layouts.Folder(layout));
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            using var cache = new KeyValueCache(config, 3, 7, TorchDevice.Cpu, type);
            var bytes = Tensor.BytesOf(type);
            var perToken = config.ToModel(bytes).Dimensions!.KeyValueBytesPerTokenLayer;
            Assert.Equal(perToken, (long)cache.Width * bytes);
            Assert.Equal(3 * 7 * perToken * config.HiddenLayers, cache.AllocatedBytes);
        }
    }

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void A_batch_without_tokens_has_no_logits(string layout)
    {
        using var model = Layouts.Random(layout, 2);
        using var inference = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var cache = new KeyValueCache(model.Config, 1, 4, TorchDevice.Cpu);
        Assert.Equal([0, model.Config.VocabularySize], model.Forward(Batches.Decode([], [], []), cache).shape);
        Assert.Equal([0, model.Config.VocabularySize], model.Forward(Batches.Prefill([]), null).shape);
    }

    [Fact]
    public void In_bfloat16_a_cache_serves_sequences_of_unequal_length()
    {
        using var model = Layouts.Load(Layouts.Folder("mixtral"), type: ScalarType.BFloat16);
        using var inference = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var cache = new KeyValueCache(model.Config, 2, 8, TorchDevice.Cpu, ScalarType.BFloat16);
        var sequences = Batches.Sequences(new SeedStream(2, "cache"), model.Config.VocabularySize, 6, 4);
        var whole = model.Forward(Batches.Prefill(sequences), null);
        model.Forward(Batches.Prefill(sequences, [0, 1], [5, 3]), cache);
        var last = model.Forward(Batches.Decode(sequences, [0, 1], [(0, 5), (1, 3)]), cache);
        Assert.InRange((last - whole.index_select(0, torch.tensor<long>([5, 9]))).abs().max().item() / whole.abs().max().item(), 0, 0.05);
    }

    [Fact]
    public void A_batch_that_is_no_prefill_and_no_decode_is_refused()
    {
        using var model = Layouts.Random("mixtral", 1);
        using var scope = torch.NewDisposeScope();
        using var cache = new KeyValueCache(model.Config, 2, 8, TorchDevice.Cpu);
        int[][] sequences = [[1, 2, 3], [4, 5, 6]];
        Assert.Throws<ArgumentException>(() => model.Forward(Batches.Decode(sequences, [0, 1], [(0, 1)]), null));
        Assert.Throws<ArgumentException>(() => model.Forward(Batches.Decode(sequences, [0, 1], [(0, 0), (0, 1)]), cache));
        Assert.Throws<ArgumentException>(() => model.Forward(Batches.Prefill(sequences, [0, 1]).Pick([1, 2]), cache));
    }
}
