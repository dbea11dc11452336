using MoEPlace.Executor.Ranks;

namespace MoEPlace.Executor.Running;

/// <summary>What this rank has sent to others, by phase.</summary>
/// <param name="rank">This rank.</param>
/// <param name="hiddenBytes">Bytes of one hidden state.</param>
internal sealed class TrafficCounters(int rank, long hiddenBytes)
{
    private const int Kinds = 3;
    private readonly long[] bytes = new long[2 * Kinds];

    /// <summary>Whether what is counted now belongs to a prefill.</summary>
    internal bool Prefill { get; set; }

    /// <summary>Counts hidden states to the experts.</summary>
    /// <param name="rows">[ranks] rows for each.</param>
    internal void Dispatched(ReadOnlySpan<long> rows) => Add(0, (rows.Sum() - rows[rank]) * hiddenBytes);

    /// <summary>Counts sums on their way back.</summary>
    /// <param name="rows">[ranks] rows for each.</param>
    internal void Combined(ReadOnlySpan<long> rows) => Add(1, (rows.Sum() - rows[rank]) * hiddenBytes);

    /// <summary>Counts keys and values.</summary>
    internal void Gathered(long sent) => Add(2, sent);

    /// <summary>What all ranks have sent.</summary>
    internal (Traffic Prefill, Traffic Decode) Total(IRankGroup group)
    {
        var all = group.SumOf(bytes);
        return (new Traffic(all[0], all[1], all[2]), new Traffic(all[3], all[4], all[5]));
    }

    private void Add(int kind, long sent) => bytes[(Prefill ? 0 : Kinds) + kind] += sent;
}
