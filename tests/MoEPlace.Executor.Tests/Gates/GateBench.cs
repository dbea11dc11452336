using System.Collections.Immutable;
using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Tests.Gates;

/// <summary>Gates on random weights and random tokens, outside any model.</summary>
internal sealed class GateBench(long seed, int layers = 3, int experts = 8, int hidden = 6, int choices = 2)
{
    private readonly SeedStream stream = new(seed, "gates");

    internal Dictionary<string, Tensor> Weights { get; } = [];

    internal GateSite Site(int layer) => new(new LayerId(layer), layers, experts, hidden, choices, $"model.layers.{layer}.mlp.gate.", Weight);

    internal Tensor Random(params ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var size in shape)
            count *= size;
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(4 * stream.NextDouble() - 2);
        return torch.tensor<float>(values, shape);
    }

    /// <summary>A batch of tokens, token i at position i % 5 of sequence i / 5, whose domain is the sequence's number mod 3.</summary>
    internal static TokenBatch Batch(int tokens) => new()
    {
        Ordinals = [.. Enumerable.Range(0, tokens).Select(i => (long)i)],
        Sequences = [.. Enumerable.Range(0, tokens).Select(i => i / 5)],
        Positions = [.. Enumerable.Range(0, tokens).Select(i => i % 5)],
        CacheRows = [.. Enumerable.Repeat(-1, tokens)],
        Domains = [.. Enumerable.Range(0, tokens).Select(i => (byte)(i / 5 % 3))],
        Ids = [.. Enumerable.Repeat(0, tokens)],
        Prefill = true,
    };

    /// <summary>What the gates of all layers choose for the same hidden states, one after another.</summary>
    internal static GateChoice[] Run(ImmutableArray<IGate> gates, Tensor[] hidden, TokenBatch batch)
    {
        var choices = new GateChoice[gates.Length];
        for (var layer = 0; layer < gates.Length; layer++)
            choices[layer] = gates[layer].Choose(new GateInput(new LayerId(layer), hidden[layer], layer == 0 ? null : choices[layer - 1].Carry, batch));
        return choices;
    }

    private Tensor Weight(string name, params ReadOnlySpan<long> shape)
    {
        if (!Weights.TryGetValue(name, out var weight))
            Weights[name] = weight = Random(shape);
        return weight;
    }
}
