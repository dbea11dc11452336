using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MoEPlace.Traces.Counting;

/// <summary>Finds the top-1 choice of many cells.</summary>
internal static class TopOne
{
    /// <summary>True when the first choice of every cell is its top-1: no weight is negative and none is above the one before it.</summary>
    /// <param name="weights">[cells, topK] finite weights; empty when choices stand by weight without telling weights.</param>
    /// <param name="topK">Weights of a cell.</param>
    internal static bool IsFirst(ReadOnlySpan<Half> weights, int topK)
    {
        if (weights.IsEmpty)
            return true;
        // Halves that are not negative order as their bits do.
        var bits = MemoryMarshal.Cast<Half, short>(weights);
        var at = 0;
        if (Vector256.IsHardwareAccelerated && topK <= 64)
            at = RisingFree(bits, topK);
        if (at < 0)
            return false;
        for (; at < bits.Length; at++)
            if (bits[at] < 0 || (at % topK != 0 && bits[at] > bits[at - 1]))
                return false;
        return true;
    }

    /// <summary>The top-1 of each cell: the highest weight, the lowest index on ties; without weights the first choice.</summary>
    /// <param name="ids">[cells, topK].</param>
    /// <param name="weights">[cells, topK], or empty.</param>
    /// <param name="topK">Choices of a cell.</param>
    /// <param name="destination">[cells]; all ones where a cell has no choice.</param>
    internal static void Find<TId>(ReadOnlySpan<TId> ids, ReadOnlySpan<Half> weights, int topK, Span<TId> destination)
        where TId : unmanaged, IBinaryInteger<TId>, IMinMaxValue<TId>
    {
        var bits = MemoryMarshal.Cast<Half, short>(weights);
        for (int cell = 0, first = 0; first < ids.Length; cell++, first += topK)
        {
            var best = TId.MaxValue;
            var bestOrder = int.MinValue;
            for (var j = first; j < first + topK; j++)
            {
                // Sign and magnitude turned into two's complement: finite halves order as these integers, with -0 = +0.
                var order = bits.IsEmpty ? 0 : bits[j] >= 0 ? bits[j] : -(bits[j] & 0x7FFF);
                var better = order > bestOrder & ids[j] != TId.MaxValue;
                best = better ? ids[j] : best;
                bestOrder = better ? order : bestOrder;
            }
            destination[cell] = best;
        }
    }

    /// <summary>Checks whole vectors; returns how many weights were checked, or -1 when one is negative or rises within its cell.</summary>
    private static int RisingFree(ReadOnlySpan<short> bits, int topK)
    {
        // Lane j of a vector that starts at i holds choice (i + j) mod topK; where that is 0 its weight may rise.
        Span<short> starts = stackalloc short[topK + Vector256<short>.Count];
        for (var i = 0; i < starts.Length; i++)
            starts[i] = (short)(i % topK == 0 ? 0 : -1);
        if (bits.Length == 0 || bits[0] < 0)
            return -1;
        var at = 1;
        var phase = 1 % topK;
        var step = Vector256<short>.Count % topK;
        ref var origin = ref MemoryMarshal.GetReference(bits);
        for (; at + Vector256<short>.Count <= bits.Length; at += Vector256<short>.Count)
        {
            var now = Vector256.LoadUnsafe(ref origin, (nuint)at);
            var before = Vector256.LoadUnsafe(ref origin, (nuint)at - 1);
            var rises = Vector256.GreaterThan(now, before) & Vector256.LoadUnsafe(ref starts[phase]);
            if ((rises | now).ExtractMostSignificantBits() != 0)
                return -1;
            phase += step;
            if (phase >= topK)
                phase -= topK;
        }
        return at;
    }
}
