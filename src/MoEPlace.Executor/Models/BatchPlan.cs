using System.Collections.Immutable;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>What all layers need to know of one batch, worked out once; it owns its tensors.</summary>
internal sealed class BatchPlan : IDisposable
{
    internal BatchPlan(TokenBatch batch, RotaryTable rotary, TorchDevice device)
    {
        Batch = batch;
        Runs = RunsOf(batch);
        Length = Runs.All(r => r.Length == Runs[0].Length) ? Runs[0].Length : 0;
        Keys = batch.Positions.Max() + 1;
        var numbers = new long[2 * batch.Count];
        for (var i = 0; i < batch.Count; i++)
            (numbers[i], numbers[batch.Count + i]) = (batch.CacheRows[i], batch.Positions[i]);
        using var scope = torch.NewDisposeScope();
        var both = torch.tensor<long>(numbers, [2, batch.Count], device);
        Rows = both.select(0, 0).DetachFromDisposeScope();
        Positions = both.select(0, 1).DetachFromDisposeScope();
        var (cosine, sine) = rotary.At(Positions, Keys - 1);
        Cosine = cosine.DetachFromDisposeScope();
        Sine = sine.DetachFromDisposeScope();
        if (!batch.Prefill)
            Mask = MaskOf(batch, Keys, device)?.DetachFromDisposeScope();
        FirstRow = batch.CacheRows[0];
        for (var i = 0; i < batch.Count; i++)
            if (batch.CacheRows[i] != batch.CacheRows[0] + i)
                FirstRow = -1;
    }

    internal TokenBatch Batch { get; }

    /// <summary>Tokens of one sequence, one run after another.</summary>
    internal ImmutableArray<(int Start, int Length)> Runs { get; }

    /// <summary>The length of all runs; 0 when they differ.</summary>
    internal int Length { get; }

    /// <summary>One more than the greatest position.</summary>
    internal int Keys { get; }

    /// <summary>[n] Int64 rows of the cache.</summary>
    internal Tensor Rows { get; }

    /// <summary>The first row of the cache when the rows of all tokens follow one another; else -1.</summary>
    internal int FirstRow { get; }

    /// <summary>[n] Int64.</summary>
    internal Tensor Positions { get; }

    /// <summary>[n, width / 2].</summary>
    internal Tensor Cosine { get; }

    /// <summary>[n, width / 2].</summary>
    internal Tensor Sine { get; }

    /// <summary>
    /// In decode [n, 1, 1, keys]: minus infinity at keys that a token's sequence has not reached; null when all stand at one position.
    /// </summary>
    internal Tensor? Mask { get; }

    public void Dispose()
    {
        Rows.Dispose();
        Positions.Dispose();
        Cosine.Dispose();
        Sine.Dispose();
        Mask?.Dispose();
    }

    private static ImmutableArray<(int Start, int Length)> RunsOf(TokenBatch batch)
    {
        var runs = ImmutableArray.CreateBuilder<(int, int)>();
        for (int start = 0, end; start < batch.Count; start = end)
        {
            end = start + 1;
            while (end < batch.Count && batch.Sequences[end] == batch.Sequences[start])
                end++;
            for (var i = start; i < end; i++)
                if (batch.Prefill && batch.Positions[i] != i - start)
                    throw new ArgumentException(
                        $"A prefill of sequence {batch.Sequences[i]} has position {batch.Positions[i]} for {i - start}.", nameof(batch));
            if (!batch.Prefill && end - start > 1)
                throw new ArgumentException($"A decode has {end - start} tokens of sequence {batch.Sequences[start]}.", nameof(batch));
            runs.Add((start, end - start));
        }
        return runs.ToImmutable();
    }

    private static Tensor? MaskOf(TokenBatch batch, int keys, TorchDevice device)
    {
        if (batch.Positions.All(p => p == keys - 1))
            return null;
        var mask = new float[batch.Count * keys];
        for (var i = 0; i < batch.Count; i++)
            mask.AsSpan(i * keys + batch.Positions[i] + 1, keys - 1 - batch.Positions[i]).Fill(float.NegativeInfinity);
        return torch.tensor<float>(mask, [batch.Count, 1, 1, keys], device);
    }
}
