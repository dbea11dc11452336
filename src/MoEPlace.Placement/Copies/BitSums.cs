using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// Counts the bits that rows have in common. .NET has no vector instruction for that, so with 512-bit vectors sixteen of them are added
/// bit by bit (carry-save adders; Muła, Kurz and Lemire 2018) before the bits of the carry are counted; elsewhere word by word.
/// </summary>
internal static unsafe class BitSums
{
    /// <summary>Rows have a multiple of so many words.</summary>
    public const int WordsAtOnce = 8 * Lanes;

    private const int Lanes = 8;

    private static bool Wide => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    /// <summary>|x and a|.</summary>
    public static int Common(ulong* x, ulong* a, int words) => Wide ? WidePair(x, a, null, words) : SlowPair(x, a, null, words);

    /// <summary>|x and a| + |x and b|.</summary>
    public static int Common(ulong* x, ulong* a, ulong* b, int words) => Wide ? WidePair(x, a, b, words) : SlowPair(x, a, b, words);

    /// <summary>|x and y and a| + |x and y and b|.</summary>
    public static int Overlap(ulong* x, ulong* y, ulong* a, ulong* b, int words) =>
        Wide ? WideOverlap(x, y, a, b, words) : SlowOverlap(x, y, a, b, words);

    /// <summary>The same as <see cref="Common(ulong*, ulong*, ulong*, int)"/>, one word after the other.</summary>
    internal static int SlowPair(ulong* x, ulong* a, ulong* b, int words)
    {
        var sum = 0;
        for (var i = 0; i < words; i++)
            sum += BitOperations.PopCount(x[i] & a[i]) + (b == null ? 0 : BitOperations.PopCount(x[i] & b[i]));
        return sum;
    }

    /// <summary>The same as <see cref="Overlap"/>, one word after the other.</summary>
    internal static int SlowOverlap(ulong* x, ulong* y, ulong* a, ulong* b, int words)
    {
        var sum = 0;
        for (var i = 0; i < words; i++)
        {
            var both = x[i] & y[i];
            sum += BitOperations.PopCount(both & a[i]) + BitOperations.PopCount(both & b[i]);
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int WidePair(ulong* x, ulong* a, ulong* b, int words)
    {
        var sum = new Adder();
        if (b == null)
        {
            for (var i = 0; i < words; i += WordsAtOnce)
            {
                sum.Eight(
                    And(x, a, i), And(x, a, i + 8), And(x, a, i + 16), And(x, a, i + 24),
                    And(x, a, i + 32), And(x, a, i + 40), And(x, a, i + 48), And(x, a, i + 56));
            }
            return sum.Total();
        }
        for (var i = 0; i < words; i += WordsAtOnce / 2)
        {
            var (x0, x1) = (Vector512.LoadAligned(x + i), Vector512.LoadAligned(x + i + 8));
            var (x2, x3) = (Vector512.LoadAligned(x + i + 16), Vector512.LoadAligned(x + i + 24));
            sum.Eight(
                x0 & Vector512.LoadAligned(a + i), x0 & Vector512.LoadAligned(b + i),
                x1 & Vector512.LoadAligned(a + i + 8), x1 & Vector512.LoadAligned(b + i + 8),
                x2 & Vector512.LoadAligned(a + i + 16), x2 & Vector512.LoadAligned(b + i + 16),
                x3 & Vector512.LoadAligned(a + i + 24), x3 & Vector512.LoadAligned(b + i + 24));
        }
        return sum.Total();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int WideOverlap(ulong* x, ulong* y, ulong* a, ulong* b, int words)
    {
        var sum = new Adder();
        for (var i = 0; i < words; i += WordsAtOnce / 2)
        {
            var (x0, x1, x2, x3) = (And(x, y, i), And(x, y, i + 8), And(x, y, i + 16), And(x, y, i + 24));
            sum.Eight(
                x0 & Vector512.LoadAligned(a + i), x0 & Vector512.LoadAligned(b + i),
                x1 & Vector512.LoadAligned(a + i + 8), x1 & Vector512.LoadAligned(b + i + 8),
                x2 & Vector512.LoadAligned(a + i + 16), x2 & Vector512.LoadAligned(b + i + 16),
                x3 & Vector512.LoadAligned(a + i + 24), x3 & Vector512.LoadAligned(b + i + 24));
        }
        return sum.Total();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> And(ulong* x, ulong* a, int at) => Vector512.LoadAligned(x + at) & Vector512.LoadAligned(a + at);

    /// <summary>Bits counted so far: in every bit of the vectors ones + 2 twos + 4 fours, and what was counted in whole.</summary>
    private ref struct Adder
    {
        private Vector512<ulong> ones;
        private Vector512<ulong> twos;
        private Vector512<ulong> fours;
        private Vector512<ulong> eights;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Eight(
            Vector512<ulong> v0, Vector512<ulong> v1, Vector512<ulong> v2, Vector512<ulong> v3,
            Vector512<ulong> v4, Vector512<ulong> v5, Vector512<ulong> v6, Vector512<ulong> v7)
        {
            var two0 = Add(ref ones, v0, v1);
            var two1 = Add(ref ones, v2, v3);
            var four0 = Add(ref twos, two0, two1);
            two0 = Add(ref ones, v4, v5);
            two1 = Add(ref ones, v6, v7);
            var four1 = Add(ref twos, two0, two1);
            eights += Bits(Add(ref fours, four0, four1));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly int Total() =>
            (int)Vector512.Sum((eights << 3) + (Bits(fours) << 2) + (Bits(twos) << 1) + Bits(ones));

        /// <summary>Full adder in every bit: leaves the sum, returns the carry.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<ulong> Add(ref Vector512<ulong> sum, Vector512<ulong> x, Vector512<ulong> y)
        {
            const byte majority = 0xE8;
            const byte parity = 0x96;
            var carry = Avx512F.TernaryLogic(sum, x, y, majority);
            sum = Avx512F.TernaryLogic(sum, x, y, parity);
            return carry;
        }

        /// <summary>Bits of each lane, by a table of the bits of half a byte.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<ulong> Bits(Vector512<ulong> value)
        {
            var table = Vector512.Create(Vector256.Create(BitsOfHalf, BitsOfHalf));
            var half = Vector512.Create((byte)0x0F);
            var low = Avx512BW.Shuffle(table, value.AsByte() & half);
            var high = Avx512BW.Shuffle(table, (value >> 4).AsByte() & half);
            return Avx512BW.SumAbsoluteDifferences(low + high, Vector512<byte>.Zero).AsUInt64();
        }

        private static Vector128<byte> BitsOfHalf => Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    }
}
