using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation.Network;

/// <summary>Flows that begin together, of an exchange or of one transfer, and who waits for which of them.</summary>
/// <param name="exchange">The exchange; null for a transfer.</param>
/// <param name="number">Of the exchange or the transfer, as its answer names it.</param>
/// <param name="ranks">Who wait: all ranks of an exchange, 1 for a transfer.</param>
internal sealed class FlowBatch(Exchange? exchange, int number, int ranks)
{
    private readonly int[] left = new int[2 * ranks];
    private readonly double[] elapsed = new double[2 * ranks];
    private readonly long[] addedPicoseconds = new long[2 * ranks];

    /// <summary>The exchange; null for a transfer.</summary>
    internal Exchange? Exchange { get; } = exchange;

    /// <summary>What they are told.</summary>
    internal object Answer { get; } = exchange is null ? new TransferDone(number) : new ExchangeDone(number);

    /// <summary>[ranks] who is told.</summary>
    internal ActorRef[] Waiting { get; } = NobodyOf(ranks);

    /// <summary>Ranks that have joined.</summary>
    internal int Joined { get; set; }

    /// <summary>When it began, picoseconds.</summary>
    internal long Begin { get; set; }

    /// <summary>Whether anything travels inside nodes.</summary>
    internal bool IntraNode { get; set; }

    /// <summary>Whether anything travels between nodes.</summary>
    internal bool InterNode { get; set; }

    /// <summary>The waiter of a rank on a tier.</summary>
    internal int Waiter(int rank, bool interNode) => interNode ? Waiting.Length + rank : rank;

    /// <summary>The rank of a waiter.</summary>
    internal int RankOf(int waiter) => waiter % Waiting.Length;

    /// <summary>Whether all flows of a rank have ended.</summary>
    internal bool IsDone(int rank) => left[rank] == 0 && left[Waiting.Length + rank] == 0;

    /// <summary>The picoseconds from the beginning to the end of the last flow of a waiter, 0 when it had none.</summary>
    internal double ElapsedOf(int waiter) => elapsed[waiter];

    /// <summary>What changed ports add to the start-up of a waiter.</summary>
    internal long AddedPicosecondsOf(int waiter) => addedPicoseconds[waiter];

    /// <summary>Notes that a waiter waits for one flow more, whose links start so much later.</summary>
    internal void Expect(int waiter, long added)
    {
        if (waiter < 0)
            return;
        left[waiter]++;
        addedPicoseconds[waiter] = Math.Max(addedPicoseconds[waiter], added);
    }

    /// <summary>Notes the end of a flow of a waiter; true when its rank waits for nothing more.</summary>
    internal bool End(int waiter, double picoseconds)
    {
        if (waiter < 0)
            return false;
        elapsed[waiter] = Math.Max(elapsed[waiter], picoseconds);
        return --left[waiter] == 0 && IsDone(RankOf(waiter));
    }

    private static ActorRef[] NobodyOf(int ranks)
    {
        var waiting = new ActorRef[ranks];
        Array.Fill(waiting, ActorRef.Nobody);
        return waiting;
    }
}
