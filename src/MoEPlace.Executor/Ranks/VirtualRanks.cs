using System.Runtime.ExceptionServices;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Ranks;

/// <summary>Ranks that are threads of this process and hand their tensors to each other in memory.</summary>
public sealed class VirtualRanks : IRankGroup
{
    private readonly RankMeeting meeting;
    private readonly bool isChannel;
    private int channels;

    private VirtualRanks(RankMeeting meeting, int rank, int size, bool isChannel = false)
    {
        (this.meeting, this.isChannel) = (meeting, isChannel);
        (Rank, Size) = (rank, size);
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>Runs the same work on every rank and returns what each gave; the ranks share the cores of the machine.</summary>
    /// <param name="size">Ranks, 1 or more.</param>
    /// <param name="work">What each does. The first that fails ends all the others.</param>
    /// <returns>[ranks].</returns>
    public static T[] Run<T>(int size, Func<IRankGroup, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var meeting = new RankMeeting(size);
        var results = new T[size];
        ExceptionDispatchInfo? failure = null, followed = null;
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() => RunOne(rank)) { Name = $"rank {rank}" })];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        (failure ?? followed)?.Throw();
        return results;

        void RunOne(int rank)
        {
            try
            {
                torch.set_num_threads(Math.Max(1, Environment.ProcessorCount / size));
                results[rank] = work(new VirtualRanks(meeting, rank, size));
                meeting.Leave($"rank {rank} has ended");
            }
            catch (Exception e)
            {
                var caught = ExceptionDispatchInfo.Capture(e);
                if (e is RankLossException { OfAnother: true })
                    Interlocked.CompareExchange(ref followed, caught, null);
                else
                    Interlocked.CompareExchange(ref failure, caught, null);
                meeting.Leave($"rank {rank} failed: {e.Message}");
            }
        }
    }

    /// <inheritdoc/>
    public Tensor AllToAll(Tensor rows, ReadOnlySpan<long> sent, ReadOnlySpan<long> received)
    {
        ArgumentNullException.ThrowIfNull(rows);
        RankRows.Check(rows, sent, received, Size);
        if (Size == 1)
            return rows;
        meeting.Exchange(Rank, new Rows(rows, sent.ToArray()));
        var parts = new Tensor[Size];
        for (var rank = 0; rank < Size; rank++)
        {
            var theirs = (Rows)meeting.Slots[rank]!;
            if (theirs.Sent[Rank] != received[rank])
                throw new InvalidOperationException($"rank {rank} sends {theirs.Sent[Rank]} rows, rank {Rank} expects {received[rank]}");
            parts[rank] = theirs.Tensor.narrow(0, theirs.Sent.AsSpan(0, Rank).Sum(), received[rank]);
        }
        var all = torch.cat(parts);
        meeting.Meet();
        return all;
    }

    /// <inheritdoc/>
    public long[] AllToAll(ReadOnlySpan<long> values, int perRank)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Size * perRank);
        var mine = values.ToArray();
        if (Size == 1)
            return mine;
        meeting.Exchange(Rank, mine);
        var received = new long[mine.Length];
        for (var rank = 0; rank < Size; rank++)
            ((long[])meeting.Slots[rank]!).AsSpan(Rank * perRank, perRank).CopyTo(received.AsSpan(rank * perRank));
        meeting.Meet();
        return received;
    }

    /// <inheritdoc/>
    public Tensor AllGather(Tensor rows, ReadOnlySpan<long> counts)
    {
        ArgumentNullException.ThrowIfNull(rows);
        RankRows.Check(rows, counts, Rank);
        if (Size == 1)
            return rows;
        meeting.Exchange(Rank, rows);
        var parts = new Tensor[Size];
        for (var rank = 0; rank < Size; rank++)
        {
            parts[rank] = (Tensor)meeting.Slots[rank]!;
            if (parts[rank].size(0) != counts[rank])
                throw new InvalidOperationException($"rank {rank} gives {parts[rank].size(0)} rows, rank {Rank} expects {counts[rank]}");
        }
        var all = torch.cat(parts);
        meeting.Meet();
        return all;
    }

    /// <summary>Sums in the order of ranks, on every rank alike.</summary>
    public void AllReduce(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (Size == 1)
            return;
        meeting.Exchange(Rank, tensor);
        var sum = ((Tensor)meeting.Slots[0]!).clone();
        for (var rank = 1; rank < Size; rank++)
            sum.add_((Tensor)meeting.Slots[rank]!);
        meeting.Meet();
        tensor.copy_(sum);
    }

    /// <inheritdoc/>
    public void Barrier() => meeting.Meet();

    /// <inheritdoc/>
    public IRankGroup OpenChannel() => new VirtualRanks(meeting.Channel(channels++), Rank, Size, isChannel: true);

    /// <summary>Whoever waits for this rank on a channel, its own threads among them, waits no longer.</summary>
    public void Dispose()
    {
        if (isChannel)
            meeting.Leave($"rank {Rank} has closed the channel");
    }

    private sealed record Rows(Tensor Tensor, long[] Sent);
}
