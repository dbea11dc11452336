using MoEPlace.Torch;

namespace MoEPlace.Executor.Ranks;

/// <summary>
/// The ranks of a job as one of them sees them. Every rank makes the same calls in the same order; each call waits for the others. Two
/// implementations: processes over c10d, and threads of one process.
/// </summary>
public interface IRankGroup : IDisposable
{
    /// <summary>This rank's number.</summary>
    public int Rank { get; }

    /// <summary>How many there are, 1 or more.</summary>
    public int Size { get; }

    /// <summary>Sends rows of a tensor to the ranks and returns those that came, of rank after rank.</summary>
    /// <param name="rows">[sum of sent, …], contiguous: rows for rank after rank, of one width on all ranks.</param>
    /// <param name="sent">[ranks] rows for each.</param>
    /// <param name="received">[ranks] rows from each.</param>
    /// <returns>[sum of received, …].</returns>
    public Tensor AllToAll(Tensor rows, ReadOnlySpan<long> sent, ReadOnlySpan<long> received);

    /// <summary>Exchanges numbers: <paramref name="perRank"/> of them with each rank.</summary>
    /// <param name="values">[ranks * perRank] for rank after rank.</param>
    /// <param name="perRank">How many for each.</param>
    /// <returns>[ranks * perRank] from rank after rank.</returns>
    public long[] AllToAll(ReadOnlySpan<long> values, int perRank);

    /// <summary>Rows of every rank, in the order of ranks; ranks may give different numbers of rows.</summary>
    /// <param name="rows">[n, …], contiguous, of one width on all ranks.</param>
    /// <param name="counts">[ranks] rows of each.</param>
    public Tensor AllGather(Tensor rows, ReadOnlySpan<long> counts);

    /// <summary>Sums a tensor of one shape over all ranks, in place; every rank gets the same bits.</summary>
    public void AllReduce(Tensor tensor);

    /// <summary>Waits for all ranks.</summary>
    public void Barrier();

    /// <summary>
    /// The same ranks once more, over tensors on the CPU: its calls and those of this group do not wait for each other, so that another thread
    /// can make them. Every rank opens it at the same place among its calls, and disposes it before this group.
    /// </summary>
    public IRankGroup OpenChannel();
}
