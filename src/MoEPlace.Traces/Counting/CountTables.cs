using System.Numerics;
using System.Runtime.InteropServices;

namespace MoEPlace.Traces.Counting;

/// <summary>
/// What one worker has counted: 32-bit tables, drained into 64-bit totals before they can overflow. The memory is native, so that
/// the counting loops may address it without pinning.
/// </summary>
internal sealed unsafe class CountTables : IDisposable
{
    private readonly int tableLength;
    private readonly int layers;
    private readonly int experts;
    private readonly int topK;

    internal CountTables(int layers, int experts, int topK, bool hasTransitions)
    {
        (this.layers, this.experts, this.topK) = (layers, experts, topK);
        Shift = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)experts));
        tableLength = experts << Shift;
        // Ids are checked when the trace is opened. Should the mapped file change afterwards, they still land in memory of ours: behind
        // the last table there is room for the furthest cell that one byte, or Shift bits of a wide id, can name.
        var slack = Math.Max((byte.MaxValue + 1) << (Shift + 1), ((1 << Shift) - experts) << Shift);
        Pairs = (int*)NativeMemory.AllocZeroed((nuint)((long)layers * tableLength + slack), sizeof(int));
        if (hasTransitions)
            Transitions = (int*)NativeMemory.AllocZeroed((nuint)((long)(layers - 1) * tableLength + slack), sizeof(int));
        Missing = (int*)NativeMemory.AllocZeroed((nuint)(layers * experts + slack), sizeof(int));
    }

    ~CountTables() => Free();

    /// <summary>[layers][expert &lt;&lt; Shift | expert] pairs of choices of one cell, the earlier choice in the row.</summary>
    internal int* Pairs { get; private set; }

    /// <summary>[layers - 1][expert &lt;&lt; Shift | expert] from top-1 to top-1; null without.</summary>
    internal int* Transitions { get; private set; }

    /// <summary>
    /// [layers, experts] how many pairs an expert lacks in <see cref="Pairs"/> to stand there top-k - 1 times for each choice; with top-1
    /// the choices themselves.
    /// </summary>
    internal int* Missing { get; private set; }

    /// <summary>Rows of a table are 2^Shift cells apart.</summary>
    internal int Shift { get; }

    /// <summary>Cells of the table of one layer.</summary>
    internal int TableLength => tableLength;

    /// <summary>The most rows that can be counted before <see cref="Drain"/> is due.</summary>
    internal int RowsPerDrain => (int)Math.Max(1, int.MaxValue / ((long)topK * topK));

    /// <summary>Adds everything to the totals and starts again from zero.</summary>
    /// <param name="load">[layers, experts].</param>
    /// <param name="transitions">[layers - 1, experts, experts], or empty.</param>
    /// <param name="coactivation">[layers, experts, experts].</param>
    internal void Drain(long[] load, long[] transitions, long[] coactivation)
    {
        // Every choice stands in top-k - 1 pairs of its cell, so the load need not be counted by itself.
        var share = Math.Max(1, topK - 1);
        var twice = new long[experts];
        for (var layer = 0; layer < layers; layer++)
        {
            var missing = new Span<int>(Missing + layer * experts, experts);
            for (var e = 0; e < experts; e++)
                twice[e] = missing[e];
            missing.Clear();
            var table = new Span<int>(Pairs + (long)layer * tableLength, tableLength);
            DrainPairs(table, coactivation.AsSpan(layer * experts * experts, experts * experts), twice);
            table.Clear();
            for (var e = 0; e < experts; e++)
                load[layer * experts + e] += twice[e] / share;
            if (transitions.Length == 0 || layer == layers - 1)
                continue;
            table = new Span<int>(Transitions + (long)layer * tableLength, tableLength);
            DrainTransitions(table, transitions.AsSpan(layer * experts * experts, experts * experts));
            table.Clear();
        }
    }

    private void DrainPairs(ReadOnlySpan<int> table, Span<long> coactivation, Span<long> twice)
    {
        for (var a = 0; a < experts; a++)
        {
            for (var b = 0; b < experts; b++)
            {
                var pairs = table[(a << Shift) + b];
                if (pairs == 0)
                    continue;
                coactivation[a * experts + b] += pairs;
                coactivation[b * experts + a] += pairs;
                twice[a] += pairs;
                twice[b] += pairs;
            }
        }
    }

    private void DrainTransitions(ReadOnlySpan<int> table, Span<long> transitions)
    {
        for (var from = 0; from < experts; from++)
            for (var to = 0; to < experts; to++)
                transitions[from * experts + to] += table[(from << Shift) + to];
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(Pairs);
        NativeMemory.Free(Transitions);
        NativeMemory.Free(Missing);
        Pairs = Transitions = Missing = null;
    }
}
