using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MoEPlace.Traces.Counting;

/// <summary>Turns cells of up to 8 narrow ids into words with one bit per expert.</summary>
internal static unsafe class CellWords
{
    private const int CellsAtOnce = 16;
    private const int ChoicesPerWord = 4;

    /// <summary>Writes one word per cell and zeros behind them.</summary>
    /// <param name="ids">[cells, topK].</param>
    /// <param name="cells">How many.</param>
    /// <param name="topK">1 to 8.</param>
    /// <param name="firstExpert">The expert that bit 0 stands for; those outside of its 32 have no bit.</param>
    /// <param name="words">[length].</param>
    /// <param name="length">Words, at least one per cell.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Fill(byte* ids, int cells, int topK, int firstExpert, uint* words, int length)
    {
        var (order0, none0) = Spread(topK, 0);
        var (order1, none1) = Spread(topK, ChoicesPerWord);
        var done = 0;
        // Two vectors of ids are read for each vector of words: end where they would reach beyond the last cell.
        for (var last = cells * topK - 2 * sizeof(Vector512<byte>); done * topK <= last; done += CellsAtOnce)
        {
            var low = Vector512.Load(ids + done * topK);
            if (topK == ChoicesPerWord)
            {
                Bits(low, firstExpert).Store(words + done);
                continue;
            }
            var high = Vector512.Load(ids + done * topK + sizeof(Vector512<byte>));
            var word = Bits(Avx512Vbmi.PermuteVar64x8x2(low, order0, high) | none0, firstExpert);
            if (topK > ChoicesPerWord)
                word |= Bits(Avx512Vbmi.PermuteVar64x8x2(low, order1, high) | none1, firstExpert);
            word.Store(words + done);
        }
        for (; done < cells; done++)
        {
            var word = 0u;
            for (var j = 0; j < topK; j++)
            {
                var bit = (uint)(ids[done * topK + j] - firstExpert);
                if (bit < 32)
                    word |= 1u << (int)bit;
            }
            words[done] = word;
        }
        new Span<uint>(words + cells, length - cells).Clear();
    }

    /// <summary>Where four choices of each of 16 cells stand, and all ones in the bytes that have none.</summary>
    private static (Vector512<byte> Order, Vector512<byte> None) Spread(int topK, int firstChoice)
    {
        var order = stackalloc byte[sizeof(Vector512<byte>)];
        var none = stackalloc byte[sizeof(Vector512<byte>)];
        for (var i = 0; i < sizeof(Vector512<byte>); i++)
        {
            var choice = firstChoice + i % ChoicesPerWord;
            order[i] = (byte)(choice < topK ? i / ChoicesPerWord * topK + choice : 0);
            none[i] = choice < topK ? (byte)0 : byte.MaxValue;
        }
        return (Vector512.Load(order), Vector512.Load(none));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Bits(Vector512<byte> choices, int firstExpert)
    {
        // A shift by 32 or more gives 0, so that an expert of other words, and none at all, drop out.
        var four = choices.AsUInt32();
        var (one, octet, first) = (Vector512<uint>.One, Vector512.Create(0xFFu), Vector512.Create((uint)firstExpert));
        return Avx512F.ShiftLeftLogicalVariable(one, (four & octet) - first)
            | Avx512F.ShiftLeftLogicalVariable(one, ((four >> 8) & octet) - first)
            | Avx512F.ShiftLeftLogicalVariable(one, ((four >> 16) & octet) - first)
            | Avx512F.ShiftLeftLogicalVariable(one, (four >> 24) - first);
    }
}
