using System.Runtime.InteropServices;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// All flows under way: those that share no link with any other, and the others in pools that share no link. What begins or ends in one
/// pool changes nothing in the others. Pools are joined when a flow needs links of both, and a pool is given back when its last flow has
/// ended.
/// </summary>
internal sealed class FlowPools
{
    private readonly FlowPool?[] poolOf;
    private readonly (LoneFlows? Lone, int Flow)[] loneOn;
    private readonly PoolLinks all;
    private readonly Stack<FlowPool> free = new();
    private readonly Stack<LoneFlows> freeLone = new();
    private readonly List<FlowPool> changed = [];
    private readonly PriorityQueue<(FlowPool Pool, int Version), (long End, long Sequence)> ends = new();
    private readonly PriorityQueue<LoneFlows, (long End, long Sequence)> loneEnds = new();
    private LoneFlows? begun;
    private long sequence;

    internal FlowPools(NetworkLinks links) =>
        (poolOf, loneOn, all) = (new FlowPool?[links.Count], new (LoneFlows?, int)[links.Count], new PoolLinks(links));

    /// <summary>When the next flow ends, rounded up to the picosecond; null when none is under way.</summary>
    internal long? NextEnd
    {
        get
        {
            while (ends.TryPeek(out var next, out _) && next.Version != next.Pool.Version)
                ends.Dequeue();
            long? pooled = ends.TryPeek(out _, out var end) ? end.End : null;
            return loneEnds.TryPeek(out _, out var lone) && !(pooled < lone.End) ? lone.End : pooled;
        }
    }

    /// <summary>Adds a flow that begins now. What ends until now has ended, and <see cref="Settle"/> must follow the last one.</summary>
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
            if (loneOn[link].Lone is not null)
                Unite(link, now);
            var other = poolOf[link];
            if (other is null || other == pool)
                continue;
            Touch(other, now, ended);
            pool = pool is null ? other : Join(pool, other);
        }
        if (pool is null)
            AddLone(flow, now);
        else
            AddTo(pool, flow, flow.Bytes * flow.Inflation);
    }

    /// <summary>Finds the rates of all pools to which flows were added.</summary>
    internal void Settle()
    {
        foreach (var pool in changed)
        {
            if (!pool.Changed || pool.Alive == 0)
                continue;
            pool.Settle();
            ends.Enqueue((pool, ++pool.Version), (pool.NextEnd, sequence++));
        }
        changed.Clear();
        begun?.Settle();
        if (begun is not null)
            Expect(begun);
        begun = null;
    }

    /// <summary>Ends what ends until now.</summary>
    internal void RunTo(long now, List<EndedFlow> ended)
    {
        while (loneEnds.TryPeek(out var lone, out var end) && end.End <= now)
        {
            loneEnds.Dequeue();
            var before = ended.Count;
            lone.RunTo(now, ended);
            foreach (ref readonly var flow in CollectionsMarshal.AsSpan(ended)[before..])
                SetLone(flow.Flow, null, 0);
            Expect(lone);
        }
        while (NextEnd <= now)
        {
            var pool = ends.Dequeue().Pool;
            pool.RunTo(now, ended);
            if (pool.Alive > 0)
                ends.Enqueue((pool, ++pool.Version), (pool.NextEnd, sequence++));
            else
                GiveBack(pool);
        }
    }

    private void AddLone(in Flow flow, long now)
    {
        if (begun is null)
        {
            begun = freeLone.TryPop(out var used) ? used : new LoneFlows(all);
            begun.Clear(now);
        }
        SetLone(flow, begun, begun.Add(flow));
    }

    /// <summary>The flow that had a link for itself goes to a pool.</summary>
    private void Unite(int link, long now)
    {
        var (flow, remaining) = loneOn[link].Lone!.Leave(loneOn[link].Flow, now);
        SetLone(flow, null, 0);
        var pool = free.TryPop(out var used) ? used : new FlowPool(all);
        pool.Clear(now);
        changed.Add(pool);
        AddTo(pool, flow, remaining);
    }

    private void AddTo(FlowPool pool, in Flow flow, double remaining)
    {
        foreach (var link in flow.Route)
        {
            if (link < 0)
                break;
            if (poolOf[link] == pool)
                continue;
            poolOf[link] = pool;
            pool.Links.Add(link);
        }
        pool.Add(flow, remaining);
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

    private void Expect(LoneFlows lone)
    {
        if (lone.IsOver)
            freeLone.Push(lone);
        else
            loneEnds.Enqueue(lone, (lone.NextEnd, sequence++));
    }

    private void SetLone(in Flow flow, LoneFlows? lone, int number)
    {
        foreach (var link in flow.Route)
        {
            if (link < 0)
                break;
            loneOn[link] = (lone, number);
        }
    }
}
