using MoEPlace.Executor.Ranks;

namespace MoEPlace.Executor.Running;

/// <summary>What this rank has sent to others, by phase.</summary>
/// <param name="rank">This rank.</param>
/// <param name="ranksPerNode">Ranks on each node.</param>
/// <param name="hiddenBytes">Bytes of one hidden state.</param>
internal sealed class TrafficCounters(int rank, int ranksPerNode, long hiddenBytes)
{
    private const int Kinds = 4;
    private readonly long[] bytes = new long[2 * Kinds];

    /// <summary>Whether what is counted now belongs to a prefill.</summary>
    internal bool Prefill { get; set; }

    /// <summary>Counts hidden states to the experts.</summary>
    /// <param name="rows">[ranks] rows for each.</param>
    internal void Dispatched(ReadOnlySpan<long> rows) => Exchanged(0, rows);

    /// <summary>Counts sums on their way back.</summary>
    /// <param name="rows">[ranks] rows for each.</param>
    internal void Combined(ReadOnlySpan<long> rows) => Exchanged(1, rows);

    /// <summary>Counts keys and values that go to every other rank.</summary>
    /// <param name="each">Bytes to each.</param>
    /// <param name="ranks">All ranks.</param>
    internal void Gathered(long each, int ranks)
    {
        Add(2, each * (ranks - 1));
        Add(3, each * (ranks - ranksPerNode));
    }

    /// <summary>What all ranks have sent.</summary>
    internal (Traffic Prefill, Traffic Decode) Total(IRankGroup group)
    {
        var all = group.SumOf(bytes);
        return (new Traffic(all[0], all[1], all[2], all[3]), new Traffic(all[4], all[5], all[6], all[7]));
    }

    private void Exchanged(int kind, ReadOnlySpan<long> rows)
    {
        var node = rows.Slice(rank / ranksPerNode * ranksPerNode, ranksPerNode).Sum();
        Add(kind, (rows.Sum() - rows[rank]) * hiddenBytes);
        Add(3, (rows.Sum() - node) * hiddenBytes);
    }

    private void Add(int kind, long sent) => bytes[(Prefill ? 0 : Kinds) + kind] += sent;
}
