namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// Pending events in their total order. A small heap holds everything before <c>nearEnd</c>, a <see cref="KeyWheel"/> everything from
/// there on, so that an event costs a few moves between buckets and a pop of a heap that fits the nearest cache, at any number of pending
/// events. At worst, with all events at one instant, it is a heap. Messages stay in one slot from push to pop; nothing is allocated per
/// event.
/// </summary>
internal sealed class EventQueue
{
    private const int Few = 48;
    private const int Crowd = 512;
    private const int None = -1;

    private readonly KeyHeap near = new();
    private readonly KeyWheel far = new();
    private ulong nearEnd;
    private int crowded = Crowd;
    private Slot[] slots = new Slot[64];
    private int freshSlot;
    private int freeSlot = None;

    /// <summary>The instant of the next event; <see cref="SimTime.Never"/> without one.</summary>
    internal long NextTime => near.Count > 0 || Refill() ? near.Least.Time : SimTime.Never.Picoseconds;

    /// <summary>Adds an event; its slot is chosen here.</summary>
    internal void Push(in EventKey key, int target, object message)
    {
        var slot = freeSlot;
        if (slot != None)
            freeSlot = slots[slot].Target;
        else if ((slot = freshSlot++) == slots.Length)
            Array.Resize(ref slots, 2 * slot);
        ref var place = ref slots[slot];
        place.Target = target;
        place.Message = message;

        if ((ulong)key.Time >= nearEnd)
        {
            far.Add(key with { Slot = slot });
            return;
        }
        near.Push(key with { Slot = slot });
        if (near.Count > crowded)
            Spread();
    }

    /// <summary>Removes the first event; <see cref="NextTime"/> has said that there is one.</summary>
    internal EventKey Pop(out int target, out object message)
    {
        var key = near.Least;
        near.Pop();
        ref var place = ref slots[key.Slot];
        (target, message) = (place.Target, place.Message!);
        (place.Target, place.Message) = (freeSlot, null);
        freeSlot = key.Slot;
        return key;
    }

    private bool Refill()
    {
        if (far.IsEmpty)
            return false;
        nearEnd = far.Open(near, Few);
        crowded = Math.Max(Crowd, 2 * near.Count);
        return true;
    }

    /// <summary>
    /// Too much was pushed into the near future: all but its first instant moves to the wheel. The next time is when twice as much as stays
    /// has gathered, so that the moves are paid for by the pushes between.
    /// </summary>
    private void Spread()
    {
        far.Origin = Math.Max(far.Origin, near.Least.Time);
        nearEnd = (ulong)far.Origin + 1;
        near.MoveTo(far, nearEnd);
        crowded = Math.Max(Crowd, 2 * near.Count);
    }

    private struct Slot
    {
        internal object? Message;
        internal int Target;
    }
}
