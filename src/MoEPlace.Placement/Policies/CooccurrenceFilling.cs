namespace MoEPlace.Placement.Policies;

/// <summary>
/// The two steps of TensorRT-LLM's co-occurrence placement for one layer. A replica carries an equal share of its expert's load. May put
/// two replicas of one expert on one rank, as the original does.
/// </summary>
internal static class CooccurrenceFilling
{
    /// <summary>One replica of each expert, then one more after another for the expert with the most load per replica.</summary>
    /// <param name="load">[experts]. Where nothing has load, replicas are spread evenly.</param>
    /// <param name="slots">Replicas in all, at least one for each expert.</param>
    /// <returns>[experts] replicas of each. Of equal shares the higher number goes first.</returns>
    internal static int[] Replicate(ReadOnlySpan<long> load, int slots)
    {
        var copies = new int[load.Length];
        Array.Fill(copies, 1);
        var idle = load.IndexOfAnyExcept(0) < 0;
        // A heap of all experts, the most load per replica first.
        var queue = new PriorityQueue<int, (double Share, int Expert)>(MostFirst);
        for (var e = 0; e < load.Length; e++)
            queue.Enqueue(e, (load[e], e));
        for (var s = load.Length; s < slots; s++)
        {
            var expert = idle ? (s - load.Length) % load.Length : queue.Dequeue();
            copies[expert]++;
            if (!idle)
                queue.Enqueue(expert, ((double)load[expert] / copies[expert], expert));
        }
        return copies;
    }

    /// <summary>
    /// Rank by rank: the heaviest replica that is left begins; then, again and again, comes the expert that most tokens chose together with
    /// those already there. The rank is done when the next one would take it beyond <paramref name="alpha"/> of its slots or of the mean
    /// load. What is left goes, the heaviest first, to the lightest rank with room.
    /// </summary>
    /// <param name="load">[experts].</param>
    /// <param name="copies">[experts] replicas of each; together a multiple of the ranks.</param>
    /// <param name="together">[experts, experts] tokens that chose both; the diagonal plays no part.</param>
    /// <param name="ranks">Ranks.</param>
    /// <param name="alpha">0 to 1.</param>
    /// <returns>[slots] slot -> expert; slot j is on rank j / (slots / ranks). Of equal experts or ranks the lower number goes first.</returns>
    internal static int[] Fill(ReadOnlySpan<long> load, ReadOnlySpan<int> copies, ReadOnlySpan<long> together, int ranks, double alpha)
    {
        var share = new double[load.Length];
        var (slots, total) = (0, 0.0);
        for (var e = 0; e < load.Length; e++)
        {
            share[e] = (double)load[e] / copies[e];
            slots += copies[e];
            total += load[e];
        }
        var state = new Filling(slots / ranks, copies.ToArray(), share, new int[slots], new int[ranks], new double[ranks]);
        for (var rank = 0; rank < ranks; rank++)
            FillByCooccurrence(state, rank, together, alpha, total / ranks);
        FillByLoad(state);
        return state.Map;
    }

    private static void FillByCooccurrence(Filling state, int rank, ReadOnlySpan<long> together, double alpha, double meanLoad)
    {
        var experts = state.Share.Length;
        var bond = new long[experts];
        var here = new bool[experts];
        while (state.Held[rank] + 1 <= alpha * state.RankSlots)
        {
            var first = state.Held[rank] == 0;
            var next = -1;
            for (var e = 0; e < experts; e++)
                if (state.Left[e] > 0 && !here[e] && (next < 0 || (first ? state.Share[e] > state.Share[next] : bond[e] > bond[next])))
                    next = e;
            if (next < 0 || state.Load[rank] + state.Share[next] > alpha * meanLoad)
                return;
            state.Put(next, rank);
            here[next] = true;
            for (var e = 0; e < experts; e++)
                bond[e] += together[next * experts + e];
        }
    }

    private static void FillByLoad(Filling state)
    {
        var order = Enumerable.Range(0, state.Share.Length).OrderByDescending(e => state.Share[e]).ToArray();
        foreach (var expert in order)
        {
            while (state.Left[expert] > 0)
            {
                var lightest = -1;
                for (var rank = 0; rank < state.Held.Length; rank++)
                    if (state.Held[rank] < state.RankSlots && (lightest < 0 || state.Load[rank] < state.Load[lightest]))
                        lightest = rank;
                state.Put(expert, lightest);
            }
        }
    }

    private static readonly Comparer<(double Share, int Expert)> MostFirst = Comparer<(double Share, int Expert)>.Create((a, b) => b.CompareTo(a));

    /// <summary>The layer so far.</summary>
    /// <param name="RankSlots">Slots of a rank.</param>
    /// <param name="Left">[experts] replicas not yet placed.</param>
    /// <param name="Share">[experts] load of a replica.</param>
    /// <param name="Map">[slots] -> expert.</param>
    /// <param name="Held">[ranks] slots filled.</param>
    /// <param name="Load">[ranks].</param>
    private sealed record Filling(int RankSlots, int[] Left, double[] Share, int[] Map, int[] Held, double[] Load)
    {
        internal void Put(int expert, int rank)
        {
            Map[rank * RankSlots + Held[rank]++] = expert;
            Load[rank] += Share[expert];
            Left[expert]--;
        }
    }
}
