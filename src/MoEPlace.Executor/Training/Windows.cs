using System.Runtime.InteropServices;
using MoEPlace.Executor.Models;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Training;

/// <summary>Windows of text as a model takes them: whole sequences of equal length, and of each token the byte that follows.</summary>
internal static class Windows
{
    /// <summary>Puts windows one after another.</summary>
    /// <param name="windows">Each with the byte after it.</param>
    /// <param name="firstSequence">The number of the first of them; the others follow.</param>
    internal static TokenBatch ToBatch(ReadOnlySpan<(byte Domain, ReadOnlyMemory<byte> Bytes)> windows, int firstSequence)
    {
        var length = windows[0].Bytes.Length - 1;
        var count = windows.Length * length;
        var (ids, sequences, positions) = (new int[count], new int[count], new int[count]);
        var (domains, ordinals, rows) = (new byte[count], new long[count], new int[count]);
        Array.Fill(rows, -1);
        for (var token = 0; token < count; token++)
        {
            var (window, position) = Math.DivRem(token, length);
            ids[token] = windows[window].Bytes.Span[position];
            domains[token] = windows[window].Domain;
            sequences[token] = firstSequence + window;
            positions[token] = position;
            ordinals[token] = (long)(firstSequence + window) * length + position;
        }
        return new TokenBatch
        {
            Ids = ImmutableCollectionsMarshal.AsImmutableArray(ids),
            Sequences = ImmutableCollectionsMarshal.AsImmutableArray(sequences),
            Positions = ImmutableCollectionsMarshal.AsImmutableArray(positions),
            Domains = ImmutableCollectionsMarshal.AsImmutableArray(domains),
            Ordinals = ImmutableCollectionsMarshal.AsImmutableArray(ordinals),
            CacheRows = ImmutableCollectionsMarshal.AsImmutableArray(rows),
            Prefill = true,
        };
    }

    /// <summary>[tokens] Int64: the byte that follows each token.</summary>
    internal static Tensor Targets(ReadOnlySpan<(byte Domain, ReadOnlyMemory<byte> Bytes)> windows)
    {
        var length = windows[0].Bytes.Length - 1;
        var targets = new long[windows.Length * length];
        for (var token = 0; token < targets.Length; token++)
            targets[token] = windows[token / length].Bytes.Span[token % length + 1];
        return torch.tensor<long>(targets);
    }
}
