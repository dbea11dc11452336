namespace MoEPlace.Simulation.Network;

/// <summary>
/// All flows under way, in pools that share no link: what begins or ends in one pool changes nothing in the others. Pools are joined
/// when a flow needs links of both, and a pool is given back when its last flow has ended.
/// </summary>
internal sealed class FlowPools
{
    private readonly FlowPool?[] poolOf;
    private readonly PoolLinks all;
    private readonly Stack<FlowPool> free = new();
    private readonly List<FlowPool> changed = [];
    private readonly PriorityQueue<(FlowPool Pool, int Version), (long End, long Sequence)> ends = new();
    private long sequence;

    internal FlowPools(NetworkLinks links) => (poolOf, all) = (new FlowPool?[links.Count], new PoolLinks(links));

    /// <summary>When the next flow ends, rounded up to the picosecond; null when none is under way.</summary>
    internal long? NextEnd
    {
        get
        {
            while (ends.TryPeek(out var next, out var key))
            {
                if (next.Version == next.Pool.Version)
                    return key.End;
                ends.Dequeue();
            }
            return null;
        }
    }

    /// <summary>Adds a flow that begins now. <see cref="Settle"/> must follow the last one.</summary>
    /// <param name="flow">Of 1 byte or more.</param>
    /// <param name="now">Picoseconds.</param>
    /// <param name="ended">Receives what has ended on its links until now.</param>
    internal void Add(in Flow flow, long now, List<EndedFlow> ended)
    {
        FlowPool? pool = null;
        foreach (var link in flow.Route)
        {
            if (link < 0)
                break;
            var other = poolOf[link];
            if (other is null || other == pool)
                continue;
            Touch(other, now, ended);
            pool = pool is null ? other : Join(pool, other);
        }
        if (pool is null)
        {
            pool = free.TryPop(out var used) ? used : new FlowPool(all);
            pool.Clear(now);
            changed.Add(pool);
        }
        foreach (var link in flow.Route)
        {
            if (link < 0 || poolOf[link] == pool)
                continue;
            poolOf[link] = pool;
            pool.Links.Add(link);
        }
        pool.Add(flow);
    }

    /// <summary>Finds the rates of all pools to which flows were added.</summary>
    internal void Settle()
    {
        foreach (var pool in changed)
        {
            if (!pool.Changed || pool.Alive == 0)
                continue;
            pool.Settle();
            Expect(pool);
        }
        changed.Clear();
    }

    /// <summary>Ends what ends until now.</summary>
    internal void RunTo(long now, List<EndedFlow> ended)
    {
        while (NextEnd <= now)
        {
            var pool = ends.Dequeue().Pool;
            pool.RunTo(now, ended);
            if (pool.Alive > 0)
                Expect(pool);
            else
                GiveBack(pool);
        }
    }

    private void Touch(FlowPool pool, long now, List<EndedFlow> ended)
    {
        if (pool.Changed)
            return;
        pool.AdvanceTo(now, ended);
        pool.Version++;
        changed.Add(pool);
    }

    private FlowPool Join(FlowPool a, FlowPool b)
    {
        var (kept, gone) = a.Alive >= b.Alive ? (a, b) : (b, a);
        foreach (var link in gone.Links)
            poolOf[link] = kept;
        kept.Absorb(gone);
        gone.Version++;
        gone.Clear(0);
        free.Push(gone);
        return kept;
    }

    private void GiveBack(FlowPool pool)
    {
        foreach (var link in pool.Links)
            poolOf[link] = null;
        pool.Version++;
        free.Push(pool);
    }

    private void Expect(FlowPool pool) => ends.Enqueue((pool, ++pool.Version), (pool.NextEnd, sequence++));
}
