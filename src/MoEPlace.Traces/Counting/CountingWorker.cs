using System.Numerics;
using System.Runtime.InteropServices;

namespace MoEPlace.Traces.Counting;

/// <summary>Counts the rows that it is given; several workers share the rows of a slice.</summary>
/// <typeparam name="TId">byte or ushort, as the trace stores its ids.</typeparam>
internal sealed unsafe class CountingWorker<TId> : IDisposable
    where TId : unmanaged, IBinaryInteger<TId>, IMinMaxValue<TId>
{
    private const int BlockBytes = 1 << 17;
    private const int GroupBytes = 1 << 18;
    private readonly int layers;
    private readonly int experts;
    private readonly int topK;
    private readonly int width;
    private readonly bool hasTransitions;
    private readonly bool hasWeights;
    private readonly CountTables tables;
    private readonly BitPairs? bitPairs;
    private readonly int group;
    private readonly TId[] topOne;
    private readonly TId[] gatheredIds;
    private readonly Half[] gatheredWeights;
    private int gathered;
    private int undrained;

    /// <summary>Makes a worker.</summary>
    /// <param name="trace">What is counted.</param>
    /// <param name="distinct">True while no cell is known to name an expert twice.</param>
    internal CountingWorker(RoutingTrace trace, bool distinct)
    {
        (layers, experts, topK) = (trace.Layers, trace.Experts, trace.TopK);
        width = layers * topK;
        hasTransitions = trace.HasTopOne && layers > 1;
        hasWeights = hasTransitions && trace.Columns.HasFlag(TraceColumns.GateWeights);
        tables = new CountTables(layers, experts, topK, hasTransitions);
        group = Math.Clamp(GroupBytes / sizeof(int) / tables.TableLength, 1, layers);
        if (distinct && BitPairs.Suits(experts, topK, sizeof(TId)))
            bitPairs = new BitPairs(layers, experts, topK);
        BlockRows = bitPairs?.BlockRows ?? (int)Math.Clamp(BlockBytes / ((long)width * sizeof(TId)), 1, tables.RowsPerDrain);
        topOne = new TId[hasTransitions ? BlockRows * layers : 0];
        gatheredIds = new TId[BlockRows * width];
        gatheredWeights = new Half[hasWeights ? BlockRows * width : 0];
    }

    /// <summary>Rows that are counted at once: few enough to stay in the second-level cache while layer after layer is counted.</summary>
    internal int BlockRows { get; }

    /// <summary>True when <see cref="Add"/> wants weights.</summary>
    internal bool HasWeights => hasWeights;

    /// <summary>Counts rows.</summary>
    /// <param name="ids">[rows, layers, topK].</param>
    /// <param name="weights">The same shape, or empty unless <see cref="HasWeights"/>.</param>
    /// <param name="rows">How many.</param>
    /// <param name="totals">Where full tables are drained to.</param>
    internal void Add(ReadOnlySpan<TId> ids, ReadOnlySpan<Half> weights, int rows, CountTotals totals)
    {
        for (var done = 0; done < rows;)
        {
            // Short runs are brought together: a block of a few rows would not pay for its passes over the layers.
            var direct = gathered == 0 && rows - done >= BlockRows;
            var now = Math.Min(rows - done, BlockRows - gathered);
            var part = ids.Slice(done * width, now * width);
            var partWeights = hasWeights ? weights.Slice(done * width, now * width) : default;
            if (direct)
                Count(part, partWeights, now, totals);
            else
                Gather(part, partWeights, now, totals);
            done += now;
        }
    }

    /// <summary>Counts what was held back and drains the tables.</summary>
    internal void Finish(CountTotals totals)
    {
        Flush(totals);
        Drain(totals);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tables.Dispose();
        bitPairs?.Dispose();
    }

    private void Gather(ReadOnlySpan<TId> ids, ReadOnlySpan<Half> weights, int rows, CountTotals totals)
    {
        ids.CopyTo(gatheredIds.AsSpan(gathered * width));
        if (hasWeights)
            weights.CopyTo(gatheredWeights.AsSpan(gathered * width));
        gathered += rows;
        if (gathered == BlockRows)
            Flush(totals);
    }

    private void Flush(CountTotals totals)
    {
        if (gathered > 0)
            Count(gatheredIds.AsSpan(0, gathered * width), gatheredWeights.AsSpan(0, hasWeights ? gathered * width : 0), gathered, totals);
        gathered = 0;
    }

    private void Count(ReadOnlySpan<TId> ids, ReadOnlySpan<Half> weights, int rows, CountTotals totals)
    {
        if (undrained > tables.RowsPerDrain - rows)
            Drain(totals);
        undrained += rows;
        var complete = !ids.Contains(TId.MaxValue);
        if (complete)
            CountComplete(ids, rows);
        else
            ChoiceLoops.Incomplete(ids, rows, layers, topK, experts, tables);
        if (!hasTransitions)
            return;
        if (complete && TopOne.IsFirst(weights, topK))
        {
            CountTransitions(ids, rows, topK);
            return;
        }
        var best = topOne.AsSpan(0, rows * layers);
        TopOne.Find(ids, weights, topK, best);
        if (complete)
            CountTransitions(best, rows, 1);
        else
            ChoiceLoops.TransitionsWithGaps<TId>(best, rows, layers, tables);
    }

    private void Drain(CountTotals totals)
    {
        if (bitPairs is not null && !bitPairs.Drain(tables))
            totals.FoundRepeats();
        totals.Drain(tables);
        undrained = 0;
    }

    private void CountComplete(ReadOnlySpan<TId> ids, int rows)
    {
        if (bitPairs is not null)
        {
            bitPairs.Count(MemoryMarshal.AsBytes(ids), rows);
            return;
        }
        fixed (TId* first = ids)
        {
            if (topK == 1)
            {
                ChoiceLoops.Singles(first, rows, layers, tables.Missing, experts, tables.Shift);
                return;
            }
            for (var layer = 0; layer < layers; layer += group)
            {
                var many = Math.Min(group, layers - layer);
                var begin = first + layer * topK;
                var table = tables.Pairs + (long)layer * tables.TableLength;
                if (topK == 4 && sizeof(TId) == 1)
                    ChoiceLoops.PairsOfFour((byte*)begin, rows, width, many, table, tables.TableLength, tables.Shift);
                else
                    ChoiceLoops.Pairs(begin, rows, width, topK, many, table, tables.TableLength, tables.Shift);
            }
        }
    }

    private void CountTransitions(ReadOnlySpan<TId> ids, int rows, int stride)
    {
        fixed (TId* first = ids)
        {
            for (var layer = 0; layer < layers - 1; layer += group)
            {
                var table = tables.Transitions + (long)layer * tables.TableLength;
                var many = Math.Min(group, layers - 1 - layer);
                var begin = first + layer * stride;
                ChoiceLoops.Transitions(begin, rows, layers * stride, stride, many, table, tables.TableLength, tables.Shift);
            }
        }
    }
}
