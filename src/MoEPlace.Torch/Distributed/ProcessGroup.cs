using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch.Distributed;

/// <summary>c10d's collectives among processes, each of which makes the same calls in the same order; every call waits until it is done.</summary>
public sealed unsafe class ProcessGroup : IDisposable
{
    private nint group;

    /// <summary>Joins a group; returns when all processes have.</summary>
    /// <param name="store">Where the processes meet.</param>
    /// <param name="rank">This one's number.</param>
    /// <param name="size">How many there are.</param>
    /// <param name="timeout">How long a collective may wait for the others.</param>
    /// <param name="address">The address of this machine that the others reach (Gloo).</param>
    /// <param name="nccl">NCCL, for tensors on CUDA devices; else Gloo, for tensors on the CPU.</param>
    /// <param name="name">What this group is called in the store; each of several groups of the same processes has its own.</param>
    /// <exception cref="TorchException">A process did not come in time, or this libtorch has no NCCL.</exception>
    public ProcessGroup(TcpStore store, int rank, int size, TimeSpan timeout, string address, bool nccl = false, string name = "group")
    {
        ArgumentNullException.ThrowIfNull(store);
        (Rank, Size) = (rank, size);
        group = NativeTorch.group(store.Handle, name, rank, size, (long)timeout.TotalMilliseconds, address, nccl ? 1 : 0);
        if (group == 0)
            throw NativeTorch.Failure();
    }

    /// <summary>This process's number.</summary>
    public int Rank { get; }

    /// <summary>How many there are.</summary>
    public int Size { get; }

    /// <summary>Exchanges rows: <paramref name="inputRows"/>[r] rows of the input go to rank r, <paramref name="outputRows"/>[r] come from it.</summary>
    /// <param name="output">Contiguous; rows of rank after rank.</param>
    /// <param name="input">Contiguous; rows for rank after rank, of the same width.</param>
    /// <param name="outputRows">[ranks].</param>
    /// <param name="inputRows">[ranks].</param>
    /// <exception cref="TorchException">Splits do not fit, or another rank failed or is late.</exception>
    public void alltoall_base(Tensor output, Tensor input, ReadOnlySpan<long> outputRows, ReadOnlySpan<long> inputRows)
    {
        if (outputRows.Length != Size || inputRows.Length != Size)
            throw new ArgumentException($"{outputRows.Length} and {inputRows.Length} splits for {Size} ranks", nameof(outputRows));
        fixed (long* outRows = outputRows, inRows = inputRows)
            NativeTorch.Done(NativeTorch.all_to_all(Handle, Tensor.HandleOf(output), Tensor.HandleOf(input), outRows, inRows, Size));
    }

    /// <summary>The input of every rank, all of one shape, into one output each.</summary>
    public void allgather(ReadOnlySpan<Tensor> outputs, Tensor input)
    {
        if (outputs.Length != Size)
            throw new ArgumentException($"{outputs.Length} outputs for {Size} ranks", nameof(outputs));
        fixed (nint* handles = torch.Handles(outputs))
            NativeTorch.Done(NativeTorch.all_gather(Handle, handles, Size, Tensor.HandleOf(input)));
    }

    /// <summary>Sums a tensor of one shape over all ranks, in place.</summary>
    public void allreduce(Tensor tensor) => NativeTorch.Done(NativeTorch.all_reduce(Handle, Tensor.HandleOf(tensor)));

    /// <summary>Gives every rank the tensor of one of them, in place.</summary>
    public void broadcast(Tensor tensor, int root) => NativeTorch.Done(NativeTorch.broadcast(Handle, Tensor.HandleOf(tensor), root));

    /// <summary>Waits for all ranks.</summary>
    public void barrier() => NativeTorch.Done(NativeTorch.barrier(Handle));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (group != 0)
            NativeTorch.group_free(group);
        group = 0;
    }

    private nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(group == 0, this);
            return group;
        }
    }
}
