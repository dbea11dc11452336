using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MoEPlace.Traces.Counting;

/// <summary>
/// Counts pairs of choices as bits. Each cell becomes a word with one bit per expert; 32 rows of words are transposed within their lanes, so
/// that a word holds one expert over 32 rows; then the tokens that chose a and b are the bits of one AND, 512 at a time. Cells stay in
/// the order of the file: the lanes of a vector are layers, and each lane has counts of its own. Fifteen ANDs are added bit by bit
/// (carry-save adders) before their bits are counted, because .NET has no vector instruction for that.
/// </summary>
internal sealed unsafe class BitPairs : IDisposable
{
    private const int Lanes = 16;
    private const int WordBits = 32;
    private const int Groups = 15;
    private const int MostTopK = 8;
    private const int MostTokensPerRow = 4;
    private readonly int layers;
    private readonly int experts;
    private readonly int topK;
    private readonly int planes;
    private readonly int rowCells;
    private readonly int columns;
    private readonly int planeCells;
    private readonly int pairs;
    private uint* words;
    private Vector512<uint>* bits;
    private Vector512<uint>* counts;
    private long rowsCounted;

    internal BitPairs(int layers, int experts, int topK)
    {
        (this.layers, this.experts, this.topK) = (layers, experts, topK);
        var tokensPerRow = TokensPerRow(layers);
        planes = (experts + WordBits - 1) / WordBits;
        rowCells = layers * tokensPerRow;
        columns = (rowCells + Lanes - 1) / Lanes;
        BlockRows = Groups * WordBits * tokensPerRow;
        planeCells = Groups * WordBits * rowCells + Lanes;
        pairs = experts * (experts - 1) / 2;
        words = (uint*)Allocate((long)planes * planeCells * sizeof(uint));
        bits = (Vector512<uint>*)Allocate((long)planes * WordBits * Groups * sizeof(Vector512<uint>));
        counts = (Vector512<uint>*)Allocate((long)pairs * columns * sizeof(Vector512<uint>));
    }

    ~BitPairs() => Free();

    /// <summary>Token rows of a block; a block of fewer costs as much.</summary>
    internal int BlockRows { get; }

    /// <summary>True where this machine can and where it pays.</summary>
    /// <param name="experts">Experts per layer.</param>
    /// <param name="topK">Choices of a cell.</param>
    /// <param name="idBytes">Bytes of one stored id.</param>
    internal static bool Suits(int experts, int topK, int idBytes)
    {
        // On a Sapphire Rapids core a cell takes about 1 + 0.003 ns per pair of experts as bits, 0.8 ns per pair of choices otherwise.
        var (pairsOfExperts, pairsOfChoices) = (experts * (experts - 1L) / 2, topK * (topK - 1L) / 2);
        return Avx512Vbmi.IsSupported && Avx512BW.IsSupported && idBytes == 1 && topK <= MostTopK
            && 260 * pairsOfChoices > 330 + pairsOfExperts;
    }

    /// <summary>Counts rows of complete cells.</summary>
    /// <param name="ids">[rows, layers, topK].</param>
    /// <param name="rows">At most <see cref="BlockRows"/>.</param>
    internal void Count(ReadOnlySpan<byte> ids, int rows)
    {
        rowsCounted += rows;
        fixed (byte* first = ids)
            for (var plane = 0; plane < planes; plane++)
                CellWords.Fill(first, rows * layers, topK, plane * WordBits, words + plane * planeCells, planeCells);
        for (var column = 0; column < columns; column++)
        {
            for (var plane = 0; plane < planes; plane++)
                for (var group = 0; group < Groups; group++)
                    Transpose(
                        words + plane * planeCells + group * WordBits * rowCells + column * Lanes,
                        rowCells,
                        bits + (plane * WordBits * Groups) + group);
            CountColumn(bits, experts, counts + (long)column * pairs);
        }
    }

    /// <summary>Adds the counts to tables and starts again from zero.</summary>
    /// <returns>False when a cell named an expert twice: a bit cannot tell that, and the counts are too low.</returns>
    internal bool Drain(CountTables tables)
    {
        var total = 0L;
        for (var lane = 0; lane < rowCells; lane++)
        {
            var table = tables.Pairs + (long)(lane % layers) * tables.TableLength;
            var count = (uint*)(counts + (long)(lane / Lanes) * pairs) + lane % Lanes;
            for (var a = 0; a < experts; a++)
            {
                for (var b = a + 1; b < experts; b++, count += Lanes)
                {
                    table[(a << tables.Shift) + b] += (int)*count;
                    total += *count;
                }
            }
        }
        NativeMemory.Clear(counts, (nuint)((long)pairs * columns * sizeof(Vector512<uint>)));
        var expected = rowsCounted * layers * (topK * (topK - 1) / 2);
        rowsCounted = 0;
        return total == expected;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>So many tokens are laid side by side that the fewest lanes stay idle.</summary>
    private static int TokensPerRow(int layers)
    {
        var best = 1;
        for (var tokens = 2; tokens <= MostTokensPerRow; tokens++)
            if (Used(tokens) > Used(best) + 0.02)
                best = tokens;
        return best;

        double Used(int tokens) => (double)(tokens * layers) / ((tokens * layers + Lanes - 1) / Lanes * Lanes);
    }

    /// <summary>Transposes 32 x 32 bits in each of 16 lanes.</summary>
    /// <param name="rows">The first of 32 vectors of words.</param>
    /// <param name="rowCells">Words from one to the next.</param>
    /// <param name="destination">The first of 32 vectors, <see cref="Groups"/> apart.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(uint* rows, int rowCells, Vector512<uint>* destination)
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
    private static void CountColumn(Vector512<uint>* bits, int experts, Vector512<uint>* counts)
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

    private static void* Allocate(long bytes)
    {
        var memory = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)sizeof(Vector512<uint>));
        NativeMemory.Clear(memory, (nuint)bytes);
        return memory;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(words);
        NativeMemory.AlignedFree(bits);
        NativeMemory.AlignedFree(counts);
        words = null;
        bits = counts = null;
    }
}
