using MoEPlace.Torch;

namespace MoEPlace.Executor.Ranks;

/// <summary>What any exchange of rows must hold to.</summary>
internal static class RankRows
{
    /// <summary>The sum of some counts.</summary>
    internal static long Sum(this ReadOnlySpan<long> counts)
    {
        var sum = 0L;
        foreach (var count in counts)
            sum += count;
        return sum;
    }

    /// <summary>The sum of some counts.</summary>
    internal static long Sum(this Span<long> counts) => Sum((ReadOnlySpan<long>)counts);

    /// <exception cref="ArgumentException">Splits do not fit the rows or the group.</exception>
    internal static void Check(Tensor rows, ReadOnlySpan<long> sent, ReadOnlySpan<long> received, int size)
    {
        if (sent.Length != size || received.Length != size || sent.Sum() != rows.size(0))
            throw new ArgumentException($"{sent.Length} and {received.Length} splits of {rows.size(0)} rows for {size} ranks", nameof(sent));
    }

    /// <exception cref="ArgumentException">Counts do not fit the rows.</exception>
    internal static void Check(Tensor rows, ReadOnlySpan<long> counts, int rank)
    {
        if (counts[rank] != rows.size(0))
            throw new ArgumentException($"{rows.size(0)} rows, {counts[rank]} told", nameof(counts));
    }
}
