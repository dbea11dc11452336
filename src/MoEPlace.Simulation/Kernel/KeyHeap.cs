namespace MoEPlace.Simulation.Kernel;

/// <summary>The events of the near future in an implicit heap of four children per node.</summary>
internal sealed class KeyHeap
{
    private const int Arity = 4;
    private EventKey[] keys = new EventKey[64];

    internal int Count { get; private set; }

    /// <summary>The least; there is one.</summary>
    internal ref readonly EventKey Least => ref keys[0];

    internal void Push(in EventKey key)
    {
        var hole = Count;
        Append(key);
        while (hole > 0)
        {
            var parent = (hole - 1) / Arity;
            if (!EventKey.Before(key, keys[parent]))
                break;
            keys[hole] = keys[parent];
            hole = parent;
        }
        keys[hole] = key;
    }

    internal void Pop()
    {
        if (--Count > 0)
            Sink(keys[Count], 0);
    }

    /// <summary>Adds a key out of order; <see cref="Order"/> must follow.</summary>
    internal void Append(in EventKey key)
    {
        if (Count == keys.Length)
            Array.Resize(ref keys, 2 * Count);
        keys[Count++] = key;
    }

    /// <summary>Makes a heap of what was appended (Floyd 1964).</summary>
    internal void Order()
    {
        for (var i = (Count - 2) / Arity; i >= 0 && Count > 1; i--)
            Sink(keys[i], i);
    }

    /// <summary>Hands all keys that are not before <paramref name="limit"/> to a wheel.</summary>
    internal void MoveTo(KeyWheel wheel, ulong limit)
    {
        var all = Count;
        Count = 0;
        for (var i = 0; i < all; i++)
        {
            if ((ulong)keys[i].Time < limit)
                keys[Count++] = keys[i];
            else
                wheel.Add(keys[i]);
        }
        Order();
    }

    private void Sink(EventKey key, int hole)
    {
        var heap = keys.AsSpan(0, Count);
        while (true)
        {
            var child = Arity * hole + 1;
            if (child >= heap.Length)
                break;
            var end = Math.Min(child + Arity, heap.Length);
            var least = child;
            while (++child < end)
            {
                if (EventKey.Before(heap[child], heap[least]))
                    least = child;
            }
            if (!EventKey.Before(heap[least], key))
                break;
            heap[hole] = heap[least];
            hole = least;
        }
        heap[hole] = key;
    }
}
