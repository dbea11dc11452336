namespace MoEPlace.Simulation.Kernel;

/// <summary>The least time that a message takes from one partition to another, in picoseconds.</summary>
internal sealed class Lookaheads
{
    private readonly Dictionary<long, long> least = [];

    internal void Connect(int partition, int other, long lookahead)
    {
        if (partition == other)
            return;
        foreach (var pair in (ReadOnlySpan<long>)[Pair(partition, other), Pair(other, partition)])
            least[pair] = Math.Min(lookahead, least.GetValueOrDefault(pair, long.MaxValue));
    }

    /// <exception cref="InvalidOperationException">The message is told too early, or without a connection.</exception>
    internal void Check(Actor source, Actor target, long after)
    {
        if (least.TryGetValue(Pair(source.Partition.Number, target.Partition.Number), out var lookahead) && after >= lookahead)
            return;
        var (from, to) = (Describe(source), Describe(target));
        throw new InvalidOperationException(lookahead == 0
            ? $"{from} tells {to}, but the partitions are not connected"
            : $"{from} tells {to} after {after} ps, earlier than the lookahead of {lookahead} ps between the partitions");
    }

    /// <summary>
    /// The least time in which an event of lane i can lead to an event of lane j, over any chain of messages through other lanes; with i
    /// = j, through at least one other lane. <see cref="long.MaxValue"/> where it cannot.
    /// </summary>
    /// <param name="laneOf">The lane of each partition number.</param>
    /// <param name="lanes">How many lanes.</param>
    internal long[,] Between(IReadOnlyDictionary<int, int> laneOf, int lanes)
    {
        var between = new long[lanes, lanes];
        foreach (ref var span in System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref between[0, 0], between.Length))
            span = long.MaxValue;
        foreach (var (pair, lookahead) in least)
        {
            if (laneOf.TryGetValue((int)(pair >> 32), out var from) && laneOf.TryGetValue((int)pair, out var to) && from != to)
                between[from, to] = Math.Min(between[from, to], lookahead);
        }
        // Shortest paths (Floyd 1962).
        for (var via = 0; via < lanes; via++)
        {
            for (var from = 0; from < lanes; from++)
            {
                for (var to = 0; to < lanes; to++)
                    between[from, to] = Math.Min(between[from, to], Later(between[from, via], between[via, to]));
            }
        }
        return between;
    }

    /// <summary>A sum that stays at never.</summary>
    internal static long Later(long time, long span) => time > long.MaxValue - span ? long.MaxValue : time + span;

    private static long Pair(int from, int to) => (long)from << 32 | (uint)to;

    private static string Describe(Actor actor) => $"{actor.Name} of partition {actor.Partition.Number}";
}
