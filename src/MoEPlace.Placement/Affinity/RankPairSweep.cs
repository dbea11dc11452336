using System.Numerics;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Divides the experts of two parts anew in all layers at once, by dynamic programming along the chain: a layer's state is which of the
/// two parts' experts stand on the first. With few experts all divisions are states and the result is the best there is for these two
/// parts; with many, the present one and its best swaps are. A load limit only leaves states out.
/// </summary>
internal sealed class RankPairSweep
{
    private const int MostStates = 256;
    private readonly ChainProblem problem;
    private readonly Dictionary<(int Size, int First), ulong[]> divisions = [];
    private readonly int[][] members;
    private readonly ulong[][] states;
    private readonly long[][] unary;
    private readonly int[][] from;
    private readonly long[] value;
    private readonly long[] nextValue;
    private readonly long[] pull;
    private readonly long[] pullOfNibble = new long[16 * 16];
    private readonly (long Gain, ulong Mask)[] ranked;
    private readonly List<ulong> kept = [];
    private int pairSize;
    private ulong[] allDivisions = [];

    public RankPairSweep(ChainProblem problem)
    {
        this.problem = problem;
        var largest = problem.CapacityOf.Max();
        members = [.. Enumerable.Range(0, problem.Layers).Select(_ => new int[2 * largest])];
        states = [.. Enumerable.Range(0, problem.Layers).Select(_ => Array.Empty<ulong>())];
        unary = [.. Enumerable.Range(0, problem.Layers).Select(_ => new long[2 * largest])];
        from = [.. Enumerable.Range(0, problem.Layers).Select(_ => new int[MostStates + 1])];
        value = new long[MostStates + 1];
        nextValue = new long[MostStates + 1];
        pull = new long[2 * largest];
        ranked = new (long, ulong)[largest * largest];
    }

    /// <summary>True when two parts' experts fit the masks of this sweep.</summary>
    public static bool Fits(ChainProblem problem) => problem.Parts > 1 && 2 * problem.CapacityOf.Max() <= 64;

    /// <summary>Improves every pair of parts once, in random order; returns the kept weight that was won.</summary>
    public long Sweep(ChainState state, SeedStream random, Func<bool> stop)
    {
        var pairs = new List<(int P, int Q)>();
        for (var p = 0; p < problem.Parts; p++)
            for (var q = p + 1; q < problem.Parts; q++)
                pairs.Add((p, q));
        var order = pairs.ToArray();
        random.Shuffle<(int, int)>(order);
        var before = state.Kept;
        foreach (var (p, q) in order)
        {
            if (stop())
                break;
            if (problem.CapacityOf[p] > 0 && problem.CapacityOf[q] > 0)
                Improve(state, p, q);
        }
        return state.Kept - before;
    }

    private void Improve(ChainState state, int p, int q)
    {
        pairSize = problem.CapacityOf[p] + problem.CapacityOf[q];
        if (!divisions.TryGetValue((pairSize, problem.CapacityOf[p]), out var all))
            divisions[(pairSize, problem.CapacityOf[p])] = all = Divisions(pairSize, problem.CapacityOf[p]);
        allDivisions = all;
        for (var layer = 0; layer < problem.Layers; layer++)
            Collect(state, layer, p, q);
        for (var layer = 0; layer < problem.Layers; layer++)
            Weigh(state, layer, p, q);
        var bonus = problem.Kept(p, p) - problem.Kept(p, q);
        for (var s = 0; s < states[0].Length; s++)
            value[s] = Inside(0, states[0][s], bonus);
        for (var layer = 1; layer < problem.Layers; layer++)
            Step(layer, bonus);
        var last = problem.Layers - 1;
        var best = 0;
        for (var s = 1; s < states[last].Length; s++)
            if (value[s] > value[best])
                best = s;
        for (var layer = last; layer >= 0; layer--)
        {
            var mask = states[layer][best];
            for (var i = 0; i < pairSize; i++)
                state.Move(layer, members[layer][i], (mask >> i & 1) != 0 ? p : q);
            best = from[layer][best];
        }
    }

    /// <summary>The members of the pair in a layer, and the states that the load limit allows, the present one first.</summary>
    private void Collect(ChainState state, int layer, int p, int q)
    {
        var n = problem.Experts;
        var (count, present) = (0, 0UL);
        for (var e = 0; e < n; e++)
        {
            var part = state.PartOf[layer * n + e];
            if (part == p)
                present |= 1UL << count;
            if (part == p || part == q)
                members[layer][count++] = e;
        }
        kept.Clear();
        kept.Add(present);
        var over = Overload(layer, present, p, q);
        if (allDivisions.Length > 0)
        {
            foreach (var mask in allDivisions)
                if (mask != present && Overload(layer, mask, p, q) <= over)
                    kept.Add(mask);
        }
        else
        {
            AddSwaps(state, layer, (p, q), present, over);
        }
        states[layer] = [.. kept];
    }

    private void AddSwaps(ChainState state, int layer, (int P, int Q) pair, ulong present, long over)
    {
        var found = 0;
        for (var i = 0; i < pairSize; i++)
        {
            if ((present >> i & 1) == 0)
                continue;
            for (var j = 0; j < pairSize; j++)
            {
                if ((present >> j & 1) != 0)
                    continue;
                var mask = present ^ (1UL << i) ^ (1UL << j);
                if (Overload(layer, mask, pair.P, pair.Q) <= over)
                    ranked[found++] = (-state.SwapGain(layer, members[layer][i], members[layer][j]), mask);
            }
        }
        if (found >= MostStates)
            Array.Sort(ranked, 0, found);
        for (var i = 0; i < Math.Min(found, MostStates - 1); i++)
            kept.Add(ranked[i].Mask);
    }

    /// <summary>What each member would keep more on the first part than on the second, with the experts outside the pair.</summary>
    private void Weigh(ChainState state, int layer, int p, int q)
    {
        var n = problem.Experts;
        for (var i = 0; i < pairSize; i++)
        {
            var e = members[layer][i];
            var difference = state.Affinity(layer, e, p) - state.Affinity(layer, e, q);
            if (layer > 0)
                foreach (var f in members[layer - 1].AsSpan(0, pairSize))
                    difference -= problem.Transitions[layer - 1][f * n + e] * Difference(state.PartOf[(layer - 1) * n + f]);
            if (layer + 1 < problem.Layers)
                foreach (var f in members[layer + 1].AsSpan(0, pairSize))
                    difference -= problem.Transitions[layer][e * n + f] * Difference(state.PartOf[(layer + 1) * n + f]);
            if (problem.Together is not null)
                foreach (var f in members[layer].AsSpan(0, pairSize))
                    difference -= problem.Together[layer][e * n + f] * Difference(state.PartOf[layer * n + f]);
            unary[layer][i] = difference;
        }

        long Difference(int part) => problem.Kept(part, p) - problem.Kept(part, q);
    }

    private void Step(int layer, long bonus)
    {
        var (n, transitions) = (problem.Experts, problem.Transitions[layer - 1]);
        var (before, now) = (states[layer - 1], states[layer]);
        Array.Fill(nextValue, long.MinValue, 0, now.Length);
        for (var s = 0; s < before.Length; s++)
        {
            // pull[j]: what member j keeps more on the first part than on the second, given the layer before; base: all on the second.
            var onSecond = 0L;
            for (var j = 0; j < pairSize; j++)
            {
                var (first, second) = (0L, 0L);
                for (var i = 0; i < pairSize; i++)
                {
                    long weight = transitions[members[layer - 1][i] * n + members[layer][j]];
                    if ((before[s] >> i & 1) != 0)
                        first += weight;
                    else
                        second += weight;
                }
                pull[j] = (first - second) * bonus;
                onSecond += second * bonus;
            }
            SumNibbles();
            var reached = value[s] + onSecond;
            for (var t = 0; t < now.Length; t++)
            {
                var candidate = reached;
                var mask = now[t];
                for (var nibble = 0; mask != 0; nibble += 16, mask >>= 4)
                    candidate += pullOfNibble[nibble + (int)(mask & 15)];
                if (candidate > nextValue[t])
                    (nextValue[t], from[layer][t]) = (candidate, s);
            }
        }
        for (var t = 0; t < now.Length; t++)
            value[t] = nextValue[t] + Inside(layer, now[t], bonus);
    }

    /// <summary>The sum of pulls for every four members' 16 choices, so that a state is summed four members at a time.</summary>
    private void SumNibbles()
    {
        for (var i = 0; i < pairSize; i += 4)
        {
            var sums = pullOfNibble.AsSpan(i / 4 * 16, 16);
            sums[0] = 0;
            for (var choice = 1; choice < 16; choice++)
            {
                var member = i + BitOperations.TrailingZeroCount(choice);
                sums[choice] = sums[choice & (choice - 1)] + (member < pairSize ? pull[member] : 0);
            }
        }
    }

    /// <summary>What a state keeps with the experts outside the pair and inside its own layer.</summary>
    private long Inside(int layer, ulong mask, long bonus)
    {
        var sum = 0L;
        for (var rest = mask; rest != 0; rest &= rest - 1)
            sum += unary[layer][BitOperations.TrailingZeroCount(rest)];
        if (problem.Together is null)
            return sum;
        var (n, together) = (problem.Experts, problem.Together[layer]);
        for (var i = 0; i < pairSize; i++)
            for (var j = 0; j < i; j++)
                if ((mask >> i & 1) == (mask >> j & 1))
                    sum += bonus * together[members[layer][i] * n + members[layer][j]];
        return sum;
    }

    private long Overload(int layer, ulong mask, int p, int q)
    {
        var (limitP, limitQ) = (problem.LoadLimit[layer][p], problem.LoadLimit[layer][q]);
        if (limitP == long.MaxValue && limitQ == long.MaxValue)
            return 0;
        var (first, second) = (0L, 0L);
        for (var i = 0; i < pairSize; i++)
        {
            if ((mask >> i & 1) != 0)
                first += problem.Load[layer][members[layer][i]];
            else
                second += problem.Load[layer][members[layer][i]];
        }
        return Math.Max(0, first - limitP) + Math.Max(0, second - limitQ);
    }

    /// <summary>All choices of <paramref name="first"/> among <paramref name="size"/> members as masks; none when they are too many.</summary>
    internal static ulong[] Divisions(int size, int first)
    {
        var count = 1L;
        for (var i = 1; i <= first; i++)
        {
            count = count * (size - first + i) / i;
            if (count > MostStates)
                return [];
        }
        var masks = new List<ulong>();
        for (ulong mask = (1UL << first) - 1, end = 1UL << size; mask < end;)
        {
            masks.Add(mask);
            var low = mask & (~mask + 1);
            var high = mask + low;
            mask = high | (((mask ^ high) / low) >> 2);
        }
        return [.. masks];
    }
}
