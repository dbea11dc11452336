using System.Numerics;

namespace MoEPlace.Traces.Counting;

/// <summary>Counts a slice on all cores.</summary>
internal static class SliceCounter
{
    /// <summary>The most cells, layers x experts x experts, that are counted: 1 GiB of 64-bit counts.</summary>
    internal const long MostCells = 1L << 27;

    private const int TokensPerWorker = 1 << 14;
    private const int RowsAtOnce = 1 << 14;
    private const long MostWorkerCells = 1L << 28;

    /// <summary>Counts <paramref name="slice"/>.</summary>
    /// <param name="slice">What to count.</param>
    /// <param name="mostWorkers">Threads at most.</param>
    internal static CountTotals Count(TraceSlice slice, int mostWorkers)
    {
        var trace = slice.Trace;
        var cells = (long)trace.Layers * trace.Experts * trace.Experts;
        if (cells > MostCells)
            throw new InputException(
                trace.Path, "model.experts", trace.Experts, $"layers x experts x experts of at most {MostCells} (here {cells})");
        var workers = (int)Math.Clamp(Math.Min(slice.Tokens / TokensPerWorker, MostWorkerCells / (2 * cells)), 1, mostWorkers);
        var totals = Count(slice, workers, distinct: true);
        // Rare enough to count again: routers choose distinct experts, but folded recordings may not.
        return totals.HasRepeats ? Count(slice, workers, distinct: false) : totals;
    }

    private static CountTotals Count(TraceSlice slice, int workers, bool distinct)
    {
        var trace = slice.Trace;
        var totals = new CountTotals(trace.Layers, trace.Experts, trace.HasTopOne);
        using var runs = slice.Runs().GetEnumerator();
        if (workers == 1)
        {
            Work(runs, trace, distinct, totals);
            return totals;
        }
        var shared = runs;
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ => Work(shared, trace, distinct, totals));
        return totals;
    }

    private static void Work(IEnumerator<(long Row, int Count)> runs, RoutingTrace trace, bool distinct, CountTotals totals)
    {
        if (trace.ExpertIdBytes == 1)
            Work<byte>(runs, trace, distinct, totals, trace.NarrowExperts);
        else
            Work<ushort>(runs, trace, distinct, totals, trace.WideExperts);
    }

    private delegate ReadOnlySpan<TId> ExpertIds<TId>(long token, int count);

    private static void Work<TId>(
        IEnumerator<(long Row, int Count)> runs, RoutingTrace trace, bool distinct, CountTotals totals, ExpertIds<TId> ids)
        where TId : unmanaged, IBinaryInteger<TId>, IMinMaxValue<TId>
    {
        using var worker = new CountingWorker<TId>(trace, distinct);
        var batch = new List<(long Row, int Count)>();
        while (Take(runs, batch))
            foreach (var (row, count) in batch)
                worker.Add(ids(row, count), worker.HasWeights ? trace.GateWeights(row, count) : default, count, totals);
        worker.Finish(totals);
    }

    /// <summary>Takes the next runs, consecutive ones as one.</summary>
    private static bool Take(IEnumerator<(long Row, int Count)> runs, List<(long Row, int Count)> batch)
    {
        batch.Clear();
        lock (runs)
        {
            for (var rows = 0; rows < RowsAtOnce && runs.MoveNext(); rows += runs.Current.Count)
            {
                if (batch.Count > 0 && batch[^1].Row + batch[^1].Count == runs.Current.Row)
                    batch[^1] = (batch[^1].Row, batch[^1].Count + runs.Current.Count);
                else
                    batch.Add(runs.Current);
            }
        }
        return batch.Count > 0;
    }
}
