namespace MoEPlace.Placement.Copies;

/// <summary>
/// Rows of bits, one bit per token, on addresses that whole vectors load fast. Rows are as long as <see cref="BitSums"/> likes them;
/// bits beyond the tokens stay as they are set, and callers keep them clear where it matters.
/// </summary>
internal sealed unsafe class BitRows
{
    private const int Alignment = 64;
    private readonly ulong[] memory;
    private readonly ulong* first;

    /// <param name="rows">How many.</param>
    /// <param name="words">Words of a row, a multiple of <see cref="BitSums.WordsAtOnce"/>.</param>
    public BitRows(int rows, int words)
    {
        Rows = rows;
        Words = words;
        memory = GC.AllocateArray<ulong>(checked((int)((long)rows * words + Alignment / sizeof(ulong))), pinned: true);
        fixed (ulong* begin = memory)
            first = (ulong*)(((nuint)begin + Alignment - 1) / Alignment * Alignment);
    }

    public int Rows { get; }

    public int Words { get; }

    /// <summary>A row; valid as long as this object is.</summary>
    public ulong* Row(int row) => first + (long)row * Words;

    /// <summary>A row.</summary>
    public Span<ulong> Span(int row) => new(Row(row), Words);

    /// <summary>Sets the bit of a token.</summary>
    public void Set(int row, int token) => Row(row)[token >> 6] |= 1UL << (token & 63);

    /// <summary>Words of a row of so many tokens.</summary>
    public static int WordsFor(int tokens) =>
        Math.Max(1, (tokens + 64 * BitSums.WordsAtOnce - 1) / (64 * BitSums.WordsAtOnce)) * BitSums.WordsAtOnce;
}
