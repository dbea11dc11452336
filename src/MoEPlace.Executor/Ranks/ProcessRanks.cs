using MoEPlace.Torch;
using MoEPlace.Torch.Distributed;

namespace MoEPlace.Executor.Ranks;

/// <summary>Ranks that are processes, joined by c10d: Gloo on the CPU, NCCL on CUDA devices.</summary>
public sealed class ProcessRanks : IRankGroup
{
    private readonly TcpStore? store;
    private readonly ProcessGroup group;
    private readonly TorchDevice device;
    private readonly Func<int, ProcessGroup> join;
    private int channels;

    /// <summary>Takes over a group that all processes have joined.</summary>
    /// <param name="store">Where they met; it lives as long as the group. Null for one that another disposes.</param>
    /// <param name="group">The group.</param>
    /// <param name="device">Where the tensors live that it exchanges.</param>
    /// <param name="join">Joins the same processes once more, for tensors on the CPU: the group of a channel, by its number from 0.</param>
    internal ProcessRanks(TcpStore? store, ProcessGroup group, TorchDevice device, Func<int, ProcessGroup> join) =>
        (this.store, this.group, this.device, this.join) = (store, group, device, join);

    /// <inheritdoc/>
    public int Rank => group.Rank;

    /// <inheritdoc/>
    public int Size => group.Size;

    /// <inheritdoc/>
    public Tensor AllToAll(Tensor rows, ReadOnlySpan<long> sent, ReadOnlySpan<long> received)
    {
        ArgumentNullException.ThrowIfNull(rows);
        RankRows.Check(rows, sent, received, Size);
        if (Size == 1)
            return rows;
        var shape = rows.shape;
        shape[0] = received.Sum();
        var output = torch.empty(shape, rows.dtype, rows.device);
        try
        {
            group.alltoall_base(output, rows, received, sent);
        }
        catch (TorchException e)
        {
            throw Lost(e);
        }
        return output;
    }

    /// <inheritdoc/>
    public long[] AllToAll(ReadOnlySpan<long> values, int perRank)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Size * perRank);
        if (Size == 1)
            return values.ToArray();
        using var scope = torch.NewDisposeScope();
        var each = new long[Size];
        each.AsSpan().Fill(1);
        return AllToAll(torch.tensor(values, [Size, perRank], device), each, each).ToArray<long>();
    }

    /// <inheritdoc/>
    public Tensor AllGather(Tensor rows, ReadOnlySpan<long> counts)
    {
        ArgumentNullException.ThrowIfNull(rows);
        RankRows.Check(rows, counts, Rank);
        if (Size == 1)
            return rows;
        // c10d gathers equal shapes only; the same rows to every rank need no padding.
        using var copies = torch.cat([.. Enumerable.Repeat(rows, Size)]);
        var each = new long[Size];
        each.AsSpan().Fill(counts[Rank]);
        return AllToAll(copies, each, counts);
    }

    /// <inheritdoc/>
    public void AllReduce(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (Size == 1)
            return;
        try
        {
            group.allreduce(tensor);
        }
        catch (TorchException e)
        {
            throw Lost(e);
        }
    }

    /// <inheritdoc/>
    public void Barrier()
    {
        if (Size == 1)
            return;
        try
        {
            group.barrier();
        }
        catch (TorchException e)
        {
            throw Lost(e);
        }
    }

    /// <inheritdoc/>
    public IRankGroup OpenChannel()
    {
        try
        {
            return new ProcessRanks(
                null, join(channels++), TorchDevice.Cpu, _ => throw new InvalidOperationException("A channel has no channels."));
        }
        catch (TorchException e)
        {
            throw Lost(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        group.Dispose();
        store?.Dispose();
    }

    /// <summary>A collective of sound shapes fails when another process is gone or does not answer.</summary>
    private RankLossException Lost(TorchException cause)
    {
        var reason = cause.Message.Split('\n')[0];
        return new RankLossException($"rank {Rank} lost the other ranks: {reason}", cause) { OfAnother = true };
    }
}
