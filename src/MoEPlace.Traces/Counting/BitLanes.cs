using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MoEPlace.Traces.Counting;

/// <summary>
/// The loops over bits, for 512-bit vectors of 16 lanes. Fifteen ANDs are added bit by bit (carry-save adders) before their bits are
/// counted, because .NET has no vector instruction for that.
/// </summary>
internal static unsafe class BitLanes
{
    /// <summary>Bits of a lane.</summary>
    internal const int WordBits = 32;

    /// <summary>Vectors whose common bits are counted together.</summary>
    internal const int Groups = 15;

    /// <summary>Transposes 32 x 32 bits in each of 16 lanes.</summary>
    /// <param name="rows">The first of 32 vectors of words.</param>
    /// <param name="rowCells">Words from one to the next.</param>
    /// <param name="destination">The first of 32 vectors, <see cref="Groups"/> apart.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Transpose(uint* rows, int rowCells, Vector512<uint>* destination)
    {
        var work = stackalloc Vector512<uint>[WordBits];
        var half = Vector512.Create(0x0000FFFFu);
        for (var i = 0; i < 16; i++)
        {
            var (low, high) = (Vector512.Load(rows + i * rowCells), Vector512.Load(rows + (i + 16) * rowCells));
            work[i] = Vector512.ConditionalSelect(half, low, high << 16);
            work[i + 16] = Vector512.ConditionalSelect(half, low >> 16, high);
        }
        Swap(work, 8, 0x00FF00FF);
        Swap(work, 4, 0x0F0F0F0F);
        Swap(work, 2, 0x33333333);
        half = Vector512.Create(0x55555555u);
        for (var i = 0; i < WordBits; i += 2)
        {
            var (low, high) = (work[i], work[i + 1]);
            destination[i * Groups] = Vector512.ConditionalSelect(half, low, high << 1);
            destination[(i + 1) * Groups] = Vector512.ConditionalSelect(half, low >> 1, high);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Swap(Vector512<uint>* work, int distance, uint lowBits)
    {
        var half = Vector512.Create(lowBits);
        for (var begin = 0; begin < WordBits; begin += 2 * distance)
        {
            for (var i = begin; i < begin + distance; i++)
            {
                var (low, high) = (work[i], work[i + distance]);
                work[i] = Vector512.ConditionalSelect(half, low, high << distance);
                work[i + distance] = Vector512.ConditionalSelect(half, low >> distance, high);
            }
        }
    }

    /// <summary>Counts all pairs of experts in 16 lanes.</summary>
    /// <param name="bits">[experts, <see cref="Groups"/>].</param>
    /// <param name="experts">How many.</param>
    /// <param name="counts">[pairs], first expert outermost.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void CountColumn(Vector512<uint>* bits, int experts, Vector512<uint>* counts)
    {
        for (var first = 0; first < experts; first++)
        {
            var a = bits + first * Groups;
            var b = a;
            for (var second = first + 1; second < experts; second++)
            {
                b += Groups;
                *counts++ += Common(a, b);
            }
        }
    }

    /// <summary>Bits that fifteen pairs of vectors have in common, lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Common(Vector512<uint>* a, Vector512<uint>* b)
    {
        var ones = a[0] & b[0];
        var twos1 = Add(ref ones, a[1] & b[1], a[2] & b[2]);
        var twos2 = Add(ref ones, a[3] & b[3], a[4] & b[4]);
        var twos = Add(ref ones, a[5] & b[5], a[6] & b[6]);
        var fours1 = Add(ref twos, twos1, twos2);
        twos1 = Add(ref ones, a[7] & b[7], a[8] & b[8]);
        twos2 = Add(ref ones, a[9] & b[9], a[10] & b[10]);
        var fours2 = Add(ref twos, twos1, twos2);
        twos1 = Add(ref ones, a[11] & b[11], a[12] & b[12]);
        twos2 = Add(ref ones, a[13] & b[13], a[14] & b[14]);
        var fours = Add(ref twos, twos1, twos2);
        var eights = Add(ref fours, fours1, fours2);
        return SumOfBits(ones, twos, fours, eights);
    }

    /// <summary>Full adder in every bit: leaves the sum, returns the carry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Add(ref Vector512<uint> sum, Vector512<uint> x, Vector512<uint> y)
    {
        const byte majority = 0xE8;
        const byte parity = 0x96;
        var carry = Avx512F.TernaryLogic(sum, x, y, majority);
        sum = Avx512F.TernaryLogic(sum, x, y, parity);
        return carry;
    }

    /// <summary>Bits of each lane, weighted 1, 2, 4 and 8, by a table of the bits of half a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> SumOfBits(Vector512<uint> ones, Vector512<uint> twos, Vector512<uint> fours, Vector512<uint> eights)
    {
        var one = Vector512.Create(Vector256.Create(Bits, Bits));
        var two = one + one;
        var four = two + two;
        var eight = four + four;
        // 8 bits x 15 stay below 256. Bytes are then added in twos and fours.
        var bytes = Half(one, ones) + Half(one, ones >> 4) + Half(two, twos) + Half(two, twos >> 4)
            + (Half(four, fours) + Half(four, fours >> 4) + Half(eight, eights) + Half(eight, eights >> 4));
        var words = Avx512BW.MultiplyAddAdjacent(bytes, Vector512.Create((sbyte)1));
        return Avx512BW.MultiplyAddAdjacent(words, Vector512.Create((short)1)).AsUInt32();

        static Vector512<byte> Half(Vector512<byte> table, Vector512<uint> value) =>
            Avx512BW.Shuffle(table, (value & Vector512.Create(0x0F0F0F0Fu)).AsByte());
    }

    private static Vector128<byte> Bits => Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
}
