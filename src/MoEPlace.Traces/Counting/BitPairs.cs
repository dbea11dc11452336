using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MoEPlace.Traces.Counting;

/// <summary>
/// Counts pairs of choices as bits. Each cell becomes a word with one bit per expert; 32 rows of words are transposed within their
/// lanes, so that a word holds one expert over 32 rows; then the tokens that chose a and b are the bits of one AND, 512 at a time.
/// Cells stay in the order of the file: the lanes of a vector are layers, and each lane has counts of its own.
/// </summary>
internal sealed unsafe class BitPairs : IDisposable
{
    private const int Lanes = 16;
    private const int WordBits = BitLanes.WordBits;
    private const int Groups = BitLanes.Groups;
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
            {
                for (var group = 0; group < Groups; group++)
                {
                    var first = words + plane * planeCells + group * WordBits * rowCells + column * Lanes;
                    BitLanes.Transpose(first, rowCells, bits + plane * WordBits * Groups + group);
                }
            }
            BitLanes.CountColumn(bits, experts, counts + (long)column * pairs);
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
