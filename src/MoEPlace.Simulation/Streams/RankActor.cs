using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Streams;

/// <summary>
/// One rank at its program: an operation starts when it is the first of its stream that is not complete, and what it comes after is. One
/// message for each kernel and two for each exchange or transfer; a kernel that takes no time takes none.
/// </summary>
internal sealed class RankActor(StepProgram program, int rank, StepRecording recording, ActorRef network) : Actor
{
    private readonly int[] heads = new int[StepProgram.StreamKinds];
    private readonly bool[] running = new bool[StepProgram.StreamKinds];

    // The running kernel: picoseconds x multiprocessors that are left of it at lastSettled, and when it ends at the present rate.
    private Int128 workLeft;
    private long lastSettled, kernelEnds = -1;
    private int exchanging;

    private long Rate => exchanging > 0 ? program.Multiprocessors - program.CommunicationSms : program.Multiprocessors;

    protected override void Receive(object message, ActorRef sender)
    {
        switch (message)
        {
            case StepStart:
                break;
            // A kernel that was slowed down or sped up leaves messages behind that come at another time than its end.
            case KernelDone when Now.Picoseconds != kernelEnds:
                return;
            case KernelDone:
                kernelEnds = -1;
                Complete(StreamKind.Compute);
                break;
            case ExchangeDone done:
                CountExchanges(-1);
                Complete(program.Operations[program.OperationOfExchange(done.Exchange)].Stream);
                break;
            case TransferDone:
                Complete(StreamKind.Copy);
                break;
            default:
                throw new InvalidOperationException($"Rank {rank} does not understand {message}.");
        }
        Advance();
    }

    /// <summary>Starts whatever can start, until nothing can.</summary>
    private void Advance()
    {
        for (var stream = 0; stream < heads.Length; stream++)
        {
            var queue = program.Queue(stream);
            if (running[stream] || heads[stream] == queue.Length || !IsReady(queue[heads[stream]]))
                continue;
            Start(queue[heads[stream]], (StreamKind)stream);
            // What took no time may have let another stream go on.
            stream = running[stream] ? stream : -1;
        }
    }

    private bool IsReady(int operation)
    {
        foreach (var earlier in program.Operations[operation].After)
        {
            if (!recording.HasEnded(earlier, rank))
                return false;
        }
        return true;
    }

    private void Start(int id, StreamKind stream)
    {
        var operation = program.Operations[id];
        recording.NoteStart(id, rank, Now);
        running[(int)stream] = true;
        switch (operation.Kind)
        {
            case OperationKind.Kernel:
                StartKernel(program.Durations(operation)[rank]);
                break;
            case OperationKind.Exchange:
                CountExchanges(1);
                Tell(network, new JoinExchange(operation.Index, rank), SimTime.Zero);
                break;
            case OperationKind.Transfer:
                var transfer = program.Transfers[operation.Index];
                Tell(network, new StartTransfer(operation.Index, rank, transfer.Bytes[rank], transfer.From, transfer.To), SimTime.Zero);
                break;
            default:
                throw new InvalidOperationException($"{operation.Kind}");
        }
    }

    private void StartKernel(long picoseconds)
    {
        if (picoseconds == 0)
            Complete(StreamKind.Compute);
        else if (picoseconds != SimTime.Never.Picoseconds)
        {
            (workLeft, lastSettled) = ((Int128)picoseconds * program.Multiprocessors, Now.Picoseconds);
            ScheduleEnd();
        }
    }

    private void ScheduleEnd()
    {
        var left = (long)((workLeft + Rate - 1) / Rate);
        kernelEnds = checked(Now.Picoseconds + left);
        Tell(Self, KernelDone.Message, new SimTime(left));
    }

    /// <summary>Exchanges that hold multiprocessors change the rate of the kernel that runs beside them.</summary>
    private void CountExchanges(int change)
    {
        var before = Rate;
        exchanging += change;
        if (Rate == before || kernelEnds < 0 || kernelEnds == Now.Picoseconds)
            return;
        workLeft -= (Int128)(Now.Picoseconds - lastSettled) * before;
        lastSettled = Now.Picoseconds;
        ScheduleEnd();
    }

    private void Complete(StreamKind stream)
    {
        recording.NoteEnd(program.Queue((int)stream)[heads[(int)stream]++], rank, Now);
        running[(int)stream] = false;
    }
}
