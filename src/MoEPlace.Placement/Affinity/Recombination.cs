namespace MoEPlace.Placement.Affinity;

/// <summary>
/// The best chain that can be put together from the layers of many divisions. Parts that are alike may be renamed from one layer on, so
/// two layers of different divisions are joined by the best assignment of the parts of one to those of the other; what a whole chain
/// keeps is the sum of its joins, and the best chain is a shortest path through the layers. It is never worse than the best division
/// that it is made of.
/// </summary>
internal sealed class Recombination
{
    private const int MostDivisions = 128;

    /// <summary>Elementary steps that all joins of a full pool may take.</summary>
    private const double MostWork = 1e9;
    private readonly ChainProblem problem;
    private readonly int most;
    private readonly List<int[]> pool = [];
    private readonly List<long> kept = [];
    private readonly List<int[]> folded = [];
    private readonly List<long[]> inside = [];

    /// <summary>[division, division][layers - 1] what the best join of a layer of the first with the next layer of the second keeps.</summary>
    private readonly long[,][] joined;
    private readonly PartMatching matching;

    /// <param name="problem">The chain.</param>
    public Recombination(ChainProblem problem)
    {
        this.problem = problem;
        var (parts, layers) = ((double)problem.Parts, problem.Layers);
        most = (int)Math.Clamp(Math.Sqrt(MostWork / (layers * parts * (problem.Experts + parts * parts))), 4, MostDivisions);
        joined = new long[most, most][];
        matching = new PartMatching(problem);
    }

    /// <summary>Remembers a division unless it is known, or worse than all of a full pool, whose worst makes room.</summary>
    /// <param name="partOf">[layers, experts].</param>
    /// <param name="keptWeight">What it keeps.</param>
    public void Add(ReadOnlySpan<int> partOf, long keptWeight)
    {
        for (var i = 0; i < pool.Count; i++)
            if (kept[i] == keptWeight && partOf.SequenceEqual(pool[i]))
                return;
        var index = pool.Count;
        if (index == most)
        {
            index = kept.IndexOf(kept.Min());
            if (kept[index] >= keptWeight)
                return;
        }
        else
        {
            pool.Add([]);
            kept.Add(0);
            folded.Add([]);
            inside.Add([]);
        }
        (pool[index], kept[index], folded[index]) = (partOf.ToArray(), keptWeight, Fold(partOf));
        inside[index] = [.. Enumerable.Range(0, problem.Layers).Select(l => problem.KeptInside(l, Row(pool[index], l)))];
        for (var other = 0; other < pool.Count; other++)
        {
            joined[index, other] = Joins(index, other);
            joined[other, index] = Joins(other, index);
        }
    }

    /// <summary>Remembers what another remembers, best first; false when it was stopped.</summary>
    public bool AddAll(Recombination other, Func<bool> stop)
    {
        foreach (var i in Enumerable.Range(0, other.pool.Count).OrderByDescending(i => other.kept[i]).ThenBy(i => i))
        {
            if (stop())
                return false;
            Add(other.pool[i], other.kept[i]);
        }
        return pool.Count > 0;
    }

    /// <summary>The best chain of remembered layers.</summary>
    public int[] Best()
    {
        var (layers, count) = (problem.Layers, pool.Count);
        var value = inside.Select(i => i[0]).ToArray();
        var from = new int[layers, count];
        for (var layer = 1; layer < layers; layer++)
        {
            var next = new long[count];
            for (var to = 0; to < count; to++)
            {
                // From itself where nothing is better: no join without need.
                var best = to;
                for (var source = 0; source < count; source++)
                    if (value[source] + joined[source, to][layer - 1] > value[best] + joined[best, to][layer - 1])
                        best = source;
                from[layer, to] = best;
                next[to] = value[best] + joined[best, to][layer - 1] + inside[to][layer];
            }
            value = next;
        }
        var chosen = new int[layers];
        chosen[^1] = Array.IndexOf(value, value.Max());
        for (var layer = layers - 1; layer > 0; layer--)
            chosen[layer - 1] = from[layer, chosen[layer]];
        return Put(chosen);
    }

    private int[] Put(int[] chosen)
    {
        var n = problem.Experts;
        var result = new int[problem.Layers * n];
        var nameOf = Enumerable.Range(0, problem.Parts).ToArray();
        var partOfMate = new int[problem.Parts];
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            if (layer > 0)
            {
                matching.Join(Row(pool[chosen[layer - 1]], layer - 1), FoldedRow(chosen[layer], layer - 1), partOfMate);
                var before = nameOf;
                nameOf = [.. partOfMate.Select(mate => before[mate])];
            }
            var row = Row(pool[chosen[layer]], layer);
            for (var e = 0; e < n; e++)
                result[layer * n + e] = nameOf[row[e]];
        }
        return result;
    }

    private ReadOnlySpan<int> Row(int[] partOf, int layer) => partOf.AsSpan(layer * problem.Experts, problem.Experts);

    private ReadOnlySpan<int> FoldedRow(int division, int layer) =>
        folded[division].AsSpan(layer * problem.Experts * problem.Parts, problem.Experts * problem.Parts);

    private long[] Joins(int first, int second)
    {
        var result = new long[problem.Layers - 1];
        for (var layer = 0; layer < result.Length; layer++)
            result[layer] = matching.Join(Row(pool[first], layer), FoldedRow(second, layer), []);
        return result;
    }

    /// <summary>[layers - 1, experts, parts] transitions from an expert to the experts of the next layer on each part.</summary>
    private int[] Fold(ReadOnlySpan<int> partOf)
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        var result = new int[(problem.Layers - 1) * n * parts];
        for (var layer = 0; layer + 1 < problem.Layers; layer++)
        {
            var part = partOf.Slice((layer + 1) * n, n);
            for (var e = 0; e < n; e++)
            {
                var to = result.AsSpan((layer * n + e) * parts, parts);
                var weights = problem.Transitions[layer].AsSpan(e * n, n);
                for (var f = 0; f < weights.Length; f++)
                    to[part[f]] += weights[f];
            }
        }
        return result;
    }
}
