namespace MoEPlace.Evaluation;

/// <summary>The flow of load from the experts of one layer through their replicas to ranks of limited capacity.</summary>
internal sealed class ReplicaFlow
{
    private readonly long[] load;
    private readonly int[] start;
    private readonly int[] rankOf;
    private readonly int[] expertOf;
    private readonly int[][] replicasOn;
    private readonly double[] left;
    private readonly double[] room;
    private readonly int[] cameBy;
    private readonly int[] via;
    private readonly bool[] expertSeen;
    private readonly bool[] rankSeen;
    private readonly Queue<int> queue = new();

    internal ReplicaFlow(ReadOnlySpan<long> load, ReadOnlySpan<int> start, ReadOnlySpan<int> rankOf, int ranks)
    {
        (this.load, this.start, this.rankOf) = (load.ToArray(), start.ToArray(), rankOf.ToArray());
        expertOf = new int[rankOf.Length];
        for (var e = 0; e < load.Length; e++)
            expertOf.AsSpan(start[e]..start[e + 1]).Fill(e);
        var copy = this.rankOf;
        replicasOn = [.. Enumerable.Range(0, ranks).Select(rank => Enumerable.Range(0, copy.Length).Where(r => copy[r] == rank).ToArray())];
        Served = new double[rankOf.Length];
        left = new double[load.Length];
        room = new double[ranks];
        cameBy = new int[ranks];
        via = new int[load.Length];
        expertSeen = new bool[load.Length];
        rankSeen = new bool[ranks];
    }

    /// <summary>[replicas] load that each serves.</summary>
    internal double[] Served { get; }

    /// <summary>Sends as much load as ranks of capacity <paramref name="most"/> x speed take, along shortest augmenting paths.</summary>
    /// <returns>What was sent.</returns>
    internal double Push(double most, ReadOnlySpan<double> speedOf)
    {
        Array.Clear(Served);
        for (var e = 0; e < load.Length; e++)
            left[e] = load[e];
        for (var rank = 0; rank < room.Length; rank++)
            room[rank] = most * speedOf[rank];
        var least = 1e-12 * Math.Max(1, most);
        while (FindPath(least) is var rank and >= 0)
            Augment(rank, least);
        double sent = 0;
        foreach (var served in Served)
            sent += served;
        return sent;
    }

    /// <summary>After a push that fell short: load that only the ranks of the cut can serve, over the speed of these ranks.</summary>
    internal double BindingLoad(ReadOnlySpan<double> speedOf)
    {
        double bound = 0, speed = 0;
        for (var e = 0; e < load.Length; e++)
            bound += expertSeen[e] ? load[e] : 0;
        for (var rank = 0; rank < room.Length; rank++)
            speed += rankSeen[rank] ? speedOf[rank] : 0;
        return bound / speed;
    }

    /// <summary>A rank with room that an expert with load left reaches; -1 for none, and then what was seen is the cut.</summary>
    private int FindPath(double least)
    {
        Array.Clear(expertSeen);
        Array.Clear(rankSeen);
        queue.Clear();
        for (var e = 0; e < load.Length; e++)
        {
            if (left[e] <= least)
                continue;
            (expertSeen[e], via[e]) = (true, -1);
            queue.Enqueue(e);
        }
        while (queue.TryDequeue(out var e))
        {
            for (var r = start[e]; r < start[e + 1]; r++)
            {
                var rank = rankOf[r];
                if (rankSeen[rank])
                    continue;
                (rankSeen[rank], cameBy[rank]) = (true, r);
                if (room[rank] > least)
                    return rank;
                foreach (var other in replicasOn[rank])
                {
                    var next = expertOf[other];
                    if (Served[other] <= least || expertSeen[next])
                        continue;
                    (expertSeen[next], via[next]) = (true, other);
                    queue.Enqueue(next);
                }
            }
        }
        return -1;
    }

    /// <summary>Sends what the path to a rank takes: each expert on it hands load from one of its replicas to the next rank's.</summary>
    private void Augment(int rank, double least)
    {
        var amount = room[rank];
        for (var e = expertOf[cameBy[rank]]; ; e = expertOf[cameBy[rankOf[via[e]]]])
        {
            amount = Math.Min(amount, via[e] < 0 ? left[e] : Served[via[e]]);
            if (via[e] < 0)
                break;
        }
        room[rank] -= amount;
        for (var by = cameBy[rank]; ; by = cameBy[rankOf[via[expertOf[by]]]])
        {
            var e = expertOf[by];
            Served[by] += amount;
            if (via[e] < 0)
            {
                // What is left for rounding's sake is sent too.
                left[e] = left[e] - amount <= least ? 0 : left[e] - amount;
                return;
            }
            Served[via[e]] -= amount;
        }
    }
}
