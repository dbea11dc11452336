using System.Collections.Immutable;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Streams;

/// <summary>Appends operations to a program. Each method returns the id of what it appended.</summary>
public sealed class ProgramBuilder
{
    private readonly int ranks;
    private readonly ImmutableArray<StepOperation>.Builder operations = ImmutableArray.CreateBuilder<StepOperation>();
    private readonly ImmutableArray<long[]>.Builder kernels = ImmutableArray.CreateBuilder<long[]>();
    private readonly ImmutableArray<Exchange>.Builder exchanges = ImmutableArray.CreateBuilder<Exchange>();
    private readonly ImmutableArray<MemoryTransfer>.Builder transfers = ImmutableArray.CreateBuilder<MemoryTransfer>();

    /// <summary>Begins an empty program.</summary>
    /// <param name="ranks">1 or more.</param>
    public ProgramBuilder(int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        this.ranks = ranks;
    }

    /// <summary>A kernel on the compute stream.</summary>
    /// <param name="phase">One of <see cref="StepPhase"/>.</param>
    /// <param name="layer">The MoE layer by ordinal; -1 where there is none.</param>
    /// <param name="part">The micro-batch or part, from 0.</param>
    /// <param name="picoseconds">[ranks] 0 or more; <see cref="SimTime.Never"/> where it never ends. Kept, not copied.</param>
    /// <param name="after">Operations that must be complete on the same rank.</param>
    public int Kernel(string phase, int layer, int part, long[] picoseconds, params ReadOnlySpan<int> after)
    {
        ArgumentNullException.ThrowIfNull(picoseconds);
        ArgumentOutOfRangeException.ThrowIfNotEqual(picoseconds.Length, ranks);
        foreach (var duration in picoseconds)
            ArgumentOutOfRangeException.ThrowIfNegative(duration, nameof(picoseconds));
        kernels.Add(picoseconds);
        return Append(OperationKind.Kernel, StreamKind.Compute, phase, layer, part, after, kernels.Count - 1);
    }

    /// <summary>An exchange.</summary>
    /// <param name="stream">Communication, intra-node or inter-node.</param>
    /// <param name="phase">One of <see cref="StepPhase"/>.</param>
    /// <param name="layer">The MoE layer by ordinal; -1 where there is none.</param>
    /// <param name="part">The micro-batch or part, from 0.</param>
    /// <param name="traffic">Of as many ranks as the program.</param>
    /// <param name="transport">What carries it.</param>
    /// <param name="after">Operations that must be complete on the same rank.</param>
    public int Exchange(
        StreamKind stream, string phase, int layer, int part, ExchangeTraffic traffic, Transport transport, params ReadOnlySpan<int> after)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        ArgumentOutOfRangeException.ThrowIfNotEqual(traffic.Ranks, ranks);
        if (stream is not (StreamKind.Communication or StreamKind.IntraNode or StreamKind.InterNode))
            throw new ArgumentOutOfRangeException(nameof(stream), stream, "a stream of exchanges");
        var id = Append(OperationKind.Exchange, stream, phase, layer, part, after, exchanges.Count);
        exchanges.Add(new Exchange(operations[id].Name, traffic, transport));
        return id;
    }

    /// <summary>A transfer between the memories of every rank, on the copy stream.</summary>
    /// <param name="phase">One of <see cref="StepPhase"/>.</param>
    /// <param name="layer">The MoE layer by ordinal; -1 where there is none.</param>
    /// <param name="part">The micro-batch or part, from 0.</param>
    /// <param name="transfer">[ranks] bytes, and where they go.</param>
    /// <param name="after">Operations that must be complete on the same rank.</param>
    public int Transfer(string phase, int layer, int part, MemoryTransfer transfer, params ReadOnlySpan<int> after)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        ArgumentOutOfRangeException.ThrowIfNotEqual(transfer.Bytes.Length, ranks);
        foreach (var bytes in transfer.Bytes)
            ArgumentOutOfRangeException.ThrowIfNegative(bytes, nameof(transfer));
        transfers.Add(transfer);
        return Append(OperationKind.Transfer, StreamKind.Copy, phase, layer, part, after, transfers.Count - 1);
    }

    /// <summary>The program.</summary>
    /// <param name="multiprocessors">Of a device, 1 or more.</param>
    /// <param name="communicationSms">Of these, what an exchange holds: 0 up to below <paramref name="multiprocessors"/>.</param>
    public StepProgram Build(int multiprocessors = 1, int communicationSms = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(multiprocessors, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(communicationSms);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(communicationSms, multiprocessors);
        return new StepProgram(
            ranks, operations.ToImmutable(), kernels.ToImmutable(), exchanges.ToImmutable(), transfers.ToImmutable(), multiprocessors,
            communicationSms);
    }

    private int Append(OperationKind kind, StreamKind stream, string phase, int layer, int part, ReadOnlySpan<int> after, int index)
    {
        foreach (var earlier in after)
        {
            if (earlier < 0 || earlier >= operations.Count)
                throw new ArgumentOutOfRangeException(nameof(after), earlier, $"an earlier operation, 0 to {operations.Count - 1}");
        }
        operations.Add(new StepOperation(kind, stream, phase, layer, part, [.. after], index));
        return operations.Count - 1;
    }
}
