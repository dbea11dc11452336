namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// Runs lanes at once in conservative windows (Chandy and Misra 1979; barriers as in Nicol 1993): with the next event of every lane
/// known, no message can reach a lane before the least of those times plus the least time of a chain of messages from there. Up to that
/// horizon of its own each lane runs freely, then all wait for each other. What a lane reads of the others was written before the last
/// barrier, so that all decide alike.
/// </summary>
internal sealed class ParallelRun
{
    /// <summary>So many events before the limit the run goes on sequentially, so that it stops at the same event.</summary>
    internal const long SequentialTail = 1_000_000;

    /// <summary>The most events of a lane in a window, so that a lane that waits for no other still hears of faults elsewhere.</summary>
    private const long MostInWindow = 1 << 18;

    private readonly Lane[] lanes;
    private readonly long[,] between;
    private readonly long limit;
    private readonly WindowBarrier barrier;
    private readonly State[,] states;
    private readonly Mailbox[,,] mail;
    private volatile Exception? stopped;

    /// <param name="lanes">Two or more, holding the events that the model starts with.</param>
    /// <param name="between">The least time from an event of one lane to one of another that it leads to.</param>
    /// <param name="limit">The most events.</param>
    internal ParallelRun(Lane[] lanes, long[,] between, long limit)
    {
        (this.lanes, this.between, this.limit) = (lanes, between, limit);
        var n = lanes.Length;
        barrier = new WindowBarrier(n);
        states = new State[2, n];
        mail = new Mailbox[2, n, n];
        for (var i = 0; i < 2 * n; i++)
        {
            states[i / n, i % n] = new State(n);
            lanes[i % n].Outgoing = new Mailbox[n];
            for (var to = 0; to < n; to++)
                mail[i / n, i % n, to] = new Mailbox();
        }
    }

    /// <summary>
    /// Runs until no message is left, a lane has a fault and the others have come to its instant, the limit is near, or the run is
    /// cancelled. Mail is delivered.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void Run()
    {
        var threads = Array.ConvertAll(lanes[1..], lane => new Thread(() => Drive(lane)) { IsBackground = true });
        foreach (var thread in threads)
            thread.Start();
        Drive(lanes[0]);
        foreach (var thread in threads)
            thread.Join();
        if (stopped is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(stopped);
    }

    private void Drive(Lane lane)
    {
        // States and mailboxes are double: those of one window are read while those of the next are written.
        for (var phase = 0; ; phase ^= 1)
        {
            Publish(lane, phase);
            barrier.Wait();
            var (end, most) = Window(lane.Index, phase);
            try
            {
                for (var other = 0; other < lanes.Length; other++)
                {
                    mail[phase, other, lane.Index].Empty(lane.Queue);
                    lane.Outgoing[other] = mail[phase ^ 1, lane.Index, other];
                }
                lane.Run(end, most);
            }
            catch (Exception e)
            {
                // Cancellation, or memory that ran out: all lanes must still meet at the barrier, and then end.
                stopped = e;
            }
            if (most == 0)
                return;
        }
    }

    private void Publish(Lane lane, int phase)
    {
        var state = states[phase, lane.Index];
        state.Next = lane.Fault is null ? lane.Queue.NextTime : long.MaxValue;
        state.Events = lane.Events;
        state.Fault = lane.Fault?.Place.Time ?? long.MaxValue;
        state.Stopped = stopped is not null;
        for (var to = 0; to < lanes.Length; to++)
            state.FirstTo[to] = mail[phase, lane.Index, to].First;
    }

    /// <summary>Until when a lane may run and how many events; none when the run ends.</summary>
    private (long End, long Most) Window(int lane, int phase)
    {
        var (end, first, fault, events, stop) = (long.MaxValue, long.MaxValue, long.MaxValue, 0L, false);
        for (var from = 0; from < lanes.Length; from++)
        {
            var state = states[phase, from];
            var next = state.Next;
            for (var via = 0; via < lanes.Length; via++)
                next = Math.Min(next, states[phase, via].FirstTo[from]);
            end = Math.Min(end, Lookaheads.Later(next, between[from, lane]));
            first = Math.Min(first, next);
            fault = Math.Min(fault, state.Fault);
            events += state.Events;
            stop |= state.Stopped;
        }
        var left = limit - events - SequentialTail;
        if (stop || first == long.MaxValue || first > fault || left <= 0)
            return (0, 0);
        return (Math.Min(end, Lookaheads.Later(fault, 1)), Math.Min(MostInWindow, left / lanes.Length + 1));
    }

    /// <summary>What a lane tells the others about itself before a window.</summary>
    private sealed class State(int lanes)
    {
        internal long Next { get; set; }

        internal long Events { get; set; }

        internal long Fault { get; set; }

        internal bool Stopped { get; set; }

        internal long[] FirstTo { get; } = new long[lanes];
    }
}
