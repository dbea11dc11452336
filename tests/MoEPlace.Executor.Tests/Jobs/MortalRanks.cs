using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Tests.Jobs;

/// <summary>A rank that dies at one of its collectives.</summary>
internal sealed class MortalRanks(IRankGroup ranks, int calls) : IRankGroup
{
    private int left = calls;

    public int Rank => ranks.Rank;

    public int Size => ranks.Size;

    public Tensor AllToAll(Tensor rows, ReadOnlySpan<long> sent, ReadOnlySpan<long> received) => Living().AllToAll(rows, sent, received);

    public long[] AllToAll(ReadOnlySpan<long> values, int perRank) => Living().AllToAll(values, perRank);

    public Tensor AllGather(Tensor rows, ReadOnlySpan<long> counts) => Living().AllGather(rows, counts);

    public void AllReduce(Tensor tensor) => Living().AllReduce(tensor);

    public void Barrier() => Living().Barrier();

    public IRankGroup OpenChannel() => Living().OpenChannel();

    public void Dispose() => ranks.Dispose();

    private IRankGroup Living() => left-- > 0 ? ranks : throw new RankLossException($"rank {Rank} died");
}
