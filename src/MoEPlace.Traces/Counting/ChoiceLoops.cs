using System.Numerics;
using System.Runtime.CompilerServices;

namespace MoEPlace.Traces.Counting;

/// <summary>
/// The counting loops. All work on rows of [layers, topK] ids and take as many layers at a time as have their tables in the second-level
/// cache: two increments of one cell soon after each other wait for each other, and layers in between keep them apart.
/// </summary>
internal static unsafe class ChoiceLoops
{
    /// <summary>Counts the pairs of choices of complete cells of four narrow ids.</summary>
    /// <param name="ids">First id of the first of the layers, in the first row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="rowIds">Ids from one row to the next.</param>
    /// <param name="layers">Layers to count.</param>
    /// <param name="table">The table of the first of them.</param>
    /// <param name="tableLength">Cells from one layer's table to the next.</param>
    /// <param name="shift">log2 of the cells from one row of a table to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void PairsOfFour(byte* ids, int rows, int rowIds, int layers, int* table, int tableLength, int shift)
    {
        for (var row = 0; row < rows; row++, ids += rowIds)
        {
            var cell = (uint*)ids;
            var counts = table;
            for (var layer = 0; layer < layers; layer++, counts += tableLength)
            {
                var four = cell[layer];
                nuint a = four & 0xFF, b = (four >> 8) & 0xFF, c = (four >> 16) & 0xFF, d = four >> 24;
                var rowA = counts + (a << shift);
                var rowB = counts + (b << shift);
                rowA[b]++;
                rowA[c]++;
                rowA[d]++;
                rowB[c]++;
                rowB[d]++;
                counts[(c << shift) + d]++;
            }
        }
    }

    /// <summary>Counts the pairs of choices of complete cells of any size; parameters as in <see cref="PairsOfFour"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Pairs<TId>(TId* ids, int rows, int rowIds, int topK, int layers, int* table, int tableLength, int shift)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        for (var row = 0; row < rows; row++, ids += rowIds)
        {
            var cell = ids;
            var counts = table;
            for (var layer = 0; layer < layers; layer++, cell += topK, counts += tableLength)
            {
                for (var i = 0; i < topK - 1; i++)
                {
                    var first = counts + (Index(cell[i], shift) << shift);
                    for (var j = i + 1; j < topK; j++)
                        first[Index(cell[j], shift)]++;
                }
            }
        }
    }

    /// <summary>Counts complete cells of one choice each: pairs do not tell their load.</summary>
    /// <param name="ids">[rows, layers].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="layers">Layers of a row.</param>
    /// <param name="load">[layers, experts].</param>
    /// <param name="experts">Experts per layer.</param>
    /// <param name="shift">log2 of experts, rounded up.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Singles<TId>(TId* ids, int rows, int layers, int* load, int experts, int shift)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        for (var row = 0; row < rows; row++)
            for (var layer = 0; layer < layers; layer++)
                load[layer * experts + (int)Index(*ids++, shift)]++;
    }

    /// <summary>Counts cells that may lack choices.</summary>
    /// <param name="ids">[rows, layers, topK].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="layers">Layers of a row.</param>
    /// <param name="topK">Choices of a cell.</param>
    /// <param name="experts">Experts per layer.</param>
    /// <param name="tables">Where to count.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Incomplete<TId>(ReadOnlySpan<TId> ids, int rows, int layers, int topK, int experts, CountTables tables)
        where TId : unmanaged, IBinaryInteger<TId>, IMinMaxValue<TId>
    {
        var shift = tables.Shift;
        var chosen = new int[topK];
        for (var cell = 0; cell < rows * layers; cell++)
        {
            var count = 0;
            foreach (var id in ids.Slice(cell * topK, topK))
                if (id != TId.MaxValue)
                    chosen[count++] = (int)Index(id, shift);
            var layer = cell % layers;
            var pairs = tables.Pairs + (long)layer * tables.TableLength;
            for (var i = 0; i < count; i++)
            {
                tables.Missing[layer * experts + chosen[i]] += topK == 1 ? 1 : topK - count;
                for (var j = i + 1; j < count; j++)
                    pairs[(chosen[i] << shift) + chosen[j]]++;
            }
        }
    }

    /// <summary>Counts transitions between the top-1 choices of adjacent layers, all of which are there.</summary>
    /// <param name="ids">Top-1 id of the first of the layers, in the first row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="rowIds">Ids from one row to the next.</param>
    /// <param name="stride">Ids from the top-1 of one layer to that of the next.</param>
    /// <param name="pairs">Pairs of adjacent layers to count.</param>
    /// <param name="table">The table of the first of them.</param>
    /// <param name="tableLength">Cells from one table to the next.</param>
    /// <param name="shift">log2 of the cells from one row of a table to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Transitions<TId>(TId* ids, int rows, int rowIds, int stride, int pairs, int* table, int tableLength, int shift)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        for (var row = 0; row < rows; row++, ids += rowIds)
        {
            var next = ids;
            var counts = table;
            var from = Index(*next, shift);
            for (var pair = 0; pair < pairs; pair++, counts += tableLength)
            {
                next += stride;
                var to = Index(*next, shift);
                counts[(from << shift) + to]++;
                from = to;
            }
        }
    }

    /// <summary>The same where a top-1 may be missing.</summary>
    /// <param name="topOne">[rows, layers].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="layers">Layers of a row.</param>
    /// <param name="tables">Where to count.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void TransitionsWithGaps<TId>(ReadOnlySpan<TId> topOne, int rows, int layers, CountTables tables)
        where TId : unmanaged, IBinaryInteger<TId>, IMinMaxValue<TId>
    {
        for (var row = 0; row < rows; row++)
        {
            for (var layer = 0; layer < layers - 1; layer++)
            {
                var (from, to) = (topOne[row * layers + layer], topOne[row * layers + layer + 1]);
                if (from == TId.MaxValue || to == TId.MaxValue)
                    continue;
                var counts = tables.Transitions + (long)layer * tables.TableLength;
                counts[(Index(from, tables.Shift) << tables.Shift) + Index(to, tables.Shift)]++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Index<TId>(TId id, int shift)
        where TId : unmanaged, IBinaryInteger<TId>
    {
        var index = nuint.CreateTruncating(id);
        return sizeof(TId) == 1 ? index : index & (((nuint)1 << shift) - 1);
    }
}
