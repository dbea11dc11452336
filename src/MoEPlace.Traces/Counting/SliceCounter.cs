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
            throw new InputException(trace.Path, "model.experts", trace.Experts, $"layers x experts x experts of at most {MostCells} (here {cells})");
        var totals = new CountTotals(trace.Layers, trace.Experts, trace.HasTopOne);
        var workers = (int)Math.Clamp(Math.Min(slice.Tokens / TokensPerWorker, MostWorkerCells / (2 * cells)), 1, mostWorkers);
        using var runs = slice.Runs().GetEnumerator();
        if (workers == 1)
        {
            Work(runs, trace, totals);
            return totals;
        }
        var shared = runs;
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ => Work(shared, trace, totals));
        return totals;
    }

    private static void Work(IEnumerator<(long Row, int Count)> runs, RoutingTrace trace, CountTotals totals)
    {
        if (trace.ExpertIdBytes == 1)
            Work<byte>(runs, trace, totals, trace.NarrowExperts);
        else
            Work<ushort>(runs, trace, totals, trace.WideExperts);
    }

    private delegate ReadOnlySpan<TId> ExpertIds<TId>(long token, int count);

    private static void Work<TId>(IEnumerator<(long Row, int Count)> runs, RoutingTrace trace, CountTotals totals, ExpertIds<TId> ids)
        where TId : unmanaged, IBinaryInteger<TId>, IMinMaxValue<TId>
    {
        using var worker = new CountingWorker<TId>(trace);
        var batch = new List<(long Row, int Count)>();
        while (Take(runs, batch))
            foreach (var (row, count) in batch)
                worker.Add(ids(row, count), worker.HasWeights ? trace.GateWeights(row, count) : default, count, totals);
        worker.Finish(totals);
    }

    private static bool Take(IEnumerator<(long Row, int Count)> runs, List<(long Row, int Count)> batch)
    {
        batch.Clear();
        lock (runs)
        {
            for (var rows = 0; rows < RowsAtOnce && runs.MoveNext(); rows += runs.Current.Count)
                batch.Add(runs.Current);
        }
        return batch.Count > 0;
    }
}
