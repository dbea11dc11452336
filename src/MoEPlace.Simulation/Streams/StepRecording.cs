using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Streams;

/// <summary>When every operation of a program began and ended on every rank. All measures of a step follow from it.</summary>
public sealed class StepRecording
{
    private const long Not = -1;
    private readonly long[] started, ended, began;

    internal StepRecording(StepProgram program)
    {
        Program = program;
        started = new long[program.Ranks * program.Operations.Length];
        ended = new long[started.Length];
        began = new long[program.Operations.Length];
        Array.Fill(started, Not);
        Array.Fill(ended, Not);
    }

    /// <summary>What ran.</summary>
    public StepProgram Program { get; }

    /// <summary>When the last rank had done everything.</summary>
    public SimTime End { get; private set; }

    /// <summary>Events that the kernel ran.</summary>
    public long Events { get; private set; }

    /// <summary>The network's links.</summary>
    public NetworkLinks Links { get; private set; } = null!;

    /// <summary>What they did.</summary>
    public NetworkUse Use { get; private set; } = null!;

    /// <summary>
    /// When an operation reached the head of its stream and what it comes after was complete: an exchange may still wait for other ranks.
    /// </summary>
    public SimTime StartOf(int operation, int rank) => new(started[At(operation, rank)]);

    /// <summary>When it began to do something: for an exchange, when the last rank had come to it.</summary>
    public SimTime BeginOf(int operation, int rank) => new(
        Program.Operations[operation].Kind == OperationKind.Exchange ? began[operation] : started[At(operation, rank)]);

    /// <summary>When it was complete.</summary>
    public SimTime EndOf(int operation, int rank) => new(ended[At(operation, rank)]);

    internal bool HasStarted(int operation, int rank) => started[At(operation, rank)] != Not;

    internal bool HasEnded(int operation, int rank) => ended[At(operation, rank)] != Not;

    internal void NoteStart(int operation, int rank, SimTime now) => started[At(operation, rank)] = now.Picoseconds;

    internal void NoteEnd(int operation, int rank, SimTime now) => ended[At(operation, rank)] = now.Picoseconds;

    internal void Finish(long events, NetworkLinks links, NetworkUse use)
    {
        (Events, Links, Use) = (events, links, use);
        for (var rank = 0; rank < Program.Ranks; rank++)
        {
            for (var operation = 0; operation < Program.Operations.Length; operation++)
            {
                began[operation] = Math.Max(began[operation], started[At(operation, rank)]);
                End = SimTime.Max(End, EndOf(operation, rank));
            }
        }
    }

    private int At(int operation, int rank) => rank * Program.Operations.Length + operation;
}
