using System.Collections.Immutable;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Streams;

/// <summary>
/// What every rank of a step does: one list of operations, issued to streams in this order, the same on all ranks, with durations and bytes
/// of their own. Ranks wait for each other in exchanges only. An operation comes after earlier ones only, so a program always ends unless a
/// kernel never does.
/// </summary>
public sealed class StepProgram
{
    /// <summary>Streams that a rank may have.</summary>
    internal static readonly int StreamKinds = Enum.GetValues<StreamKind>().Length;

    private readonly ImmutableArray<long[]> kernels;
    private readonly ImmutableArray<int>[] queues;
    private readonly int[] exchangeOperations, transferOperations;

    internal StepProgram(
        int ranks, ImmutableArray<StepOperation> operations, ImmutableArray<long[]> kernels, ImmutableArray<Exchange> exchanges,
        ImmutableArray<MemoryTransfer> transfers, int multiprocessors, int communicationSms)
    {
        (Ranks, Operations, this.kernels, Exchanges, Transfers) = (ranks, operations, kernels, exchanges, transfers);
        (Multiprocessors, CommunicationSms) = (multiprocessors, communicationSms);
        (exchangeOperations, transferOperations) = (new int[exchanges.Length], new int[transfers.Length]);
        queues =
        [
            .. Enum.GetValues<StreamKind>().Select(
                stream => operations.Index().Where(o => o.Item.Stream == stream).Select(o => o.Index).ToImmutableArray()),
        ];
        foreach (var (id, operation) in operations.Index())
        {
            if (operation.Kind == OperationKind.Exchange)
                exchangeOperations[operation.Index] = id;
            else if (operation.Kind == OperationKind.Transfer)
                transferOperations[operation.Index] = id;
        }
    }

    /// <summary>Ranks that run it.</summary>
    public int Ranks { get; }

    /// <summary>In the order of issue; an operation's id is its index.</summary>
    public ImmutableArray<StepOperation> Operations { get; }

    /// <summary>The exchanges; each takes place once.</summary>
    public ImmutableArray<Exchange> Exchanges { get; }

    /// <summary>The transfers between memories.</summary>
    public ImmutableArray<MemoryTransfer> Transfers { get; }

    /// <summary>Multiprocessors of a device, 1 or more.</summary>
    public int Multiprocessors { get; }

    /// <summary>
    /// Multiprocessors that an exchange holds, from when a rank comes to it until its bytes are there: what runs on the compute stream then
    /// has the rest, and slows down in proportion, whether operations or memory limit it. 0 up to below <see cref="Multiprocessors"/>.
    /// </summary>
    public int CommunicationSms { get; }

    /// <summary>[ranks] picoseconds of a kernel by itself; <see cref="SimTime.Never"/> where it never ends.</summary>
    public ReadOnlySpan<long> Durations(StepOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return kernels[operation.Index];
    }

    /// <summary>The operations of a stream, in the order of issue.</summary>
    internal ImmutableArray<int> Queue(int stream) => queues[stream];

    internal int OperationOfExchange(int exchange) => exchangeOperations[exchange];

    internal int OperationOfTransfer(int transfer) => transferOperations[transfer];
}
