namespace MoEPlace.Placement.Affinity;

/// <summary>
/// A division under search, with what every expert would keep on every part given its neighbours where they are: a swap inside a
/// layer is then judged by four look-ups.
/// </summary>
internal sealed class ChainState
{
    private readonly ChainProblem problem;

    public ChainState(ChainProblem problem, ReadOnlySpan<int> partOf)
    {
        this.problem = problem;
        PartOf = partOf.ToArray();
        Affinity = new long[problem.Layers * problem.Experts * problem.Parts];
        PartLoad = new long[problem.Layers * problem.Parts];
        Recount();
    }

    /// <summary>[layers, experts] the part of each expert.</summary>
    public int[] PartOf { get; }

    /// <summary>[layers, experts, parts] weight kept with both neighbouring layers if the expert stood on the part.</summary>
    public long[] Affinity { get; }

    /// <summary>[layers, parts] load of each part.</summary>
    public long[] PartLoad { get; }

    /// <summary>Kept weight of the whole chain.</summary>
    public long Kept { get; private set; }

    /// <summary>Takes over another division.</summary>
    public void Reset(ReadOnlySpan<int> partOf)
    {
        partOf.CopyTo(PartOf);
        Recount();
    }

    /// <summary>What swapping two experts of a layer would add to the kept weight.</summary>
    public long SwapGain(int layer, int a, int b)
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        var (p, q) = (PartOf[layer * n + a], PartOf[layer * n + b]);
        var (atA, atB) = ((layer * n + a) * parts, (layer * n + b) * parts);
        var gain = Affinity[atA + q] + Affinity[atB + p] - Affinity[atA + p] - Affinity[atB + q];
        // The tables see each of the two join the other where it no longer is.
        return problem.Together is null ? gain : gain - 2L * problem.Together[layer][a * n + b] * (problem.Kept(p, p) - problem.Kept(p, q));
    }

    /// <summary>Puts an expert on another part, capacities aside, and keeps all tables right.</summary>
    public void Move(int layer, int expert, int to)
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        var cell = layer * n + expert;
        var from = PartOf[cell];
        if (from == to)
            return;
        Kept += Affinity[cell * parts + to] - Affinity[cell * parts + from];
        PartOf[cell] = to;
        PartLoad[layer * parts + from] -= problem.Load[layer][expert];
        PartLoad[layer * parts + to] += problem.Load[layer][expert];
        if (layer > 0)
            Shift((layer - 1) * n, problem.Transitions[layer - 1].AsSpan(expert), n, from, to);
        if (layer + 1 < problem.Layers)
            Shift((layer + 1) * n, problem.Transitions[layer].AsSpan(expert * n, n), 1, from, to);
        if (problem.Together is not null)
            Shift(layer * n, problem.Together[layer].AsSpan(expert * n, n), 1, from, to);
    }

    /// <summary>Swaps two experts of a layer.</summary>
    public void Swap(int layer, int a, int b)
    {
        var (p, q) = (PartOf[layer * problem.Experts + a], PartOf[layer * problem.Experts + b]);
        Move(layer, a, q);
        Move(layer, b, p);
    }

    private void Shift(int firstCell, ReadOnlySpan<int> weights, int stride, int from, int to)
    {
        var parts = problem.Parts;
        var (n, rank) = (problem.Experts, problem.RankWeight);
        if (problem.NodeWeight == 0)
        {
            var (loses, gains) = (firstCell * parts + from, firstCell * parts + to);
            for (int i = 0, w = 0; i < n; i++, w += stride, loses += parts, gains += parts)
            {
                var weight = (long)weights[w] * rank;
                Affinity[loses] -= weight;
                Affinity[gains] += weight;
            }
            return;
        }
        for (int i = 0, w = 0; i < n; i++, w += stride)
            if (weights[w] != 0)
                for (var part = 0; part < parts; part++)
                    Affinity[(firstCell + i) * parts + part] += (long)weights[w] * (problem.Kept(to, part) - problem.Kept(from, part));
    }

    private void Recount()
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        Array.Clear(Affinity);
        Array.Clear(PartLoad);
        for (var layer = 0; layer < problem.Layers; layer++)
            for (var e = 0; e < n; e++)
                PartLoad[layer * parts + PartOf[layer * n + e]] += problem.Load[layer][e];
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            if (layer + 1 < problem.Layers)
            {
                Add(layer, layer + 1, problem.Transitions[layer], problem.Experts, 1);
                Add(layer + 1, layer, problem.Transitions[layer], 1, problem.Experts);
            }
            if (problem.Together is not null)
                Add(layer, layer, problem.Together[layer], problem.Experts, 1);
        }
        Kept = problem.KeptWeight(PartOf);
    }

    /// <summary>What the experts of one layer keep with those of another where they stand; strides say how the weights lie.</summary>
    private void Add(int one, int other, int[] weights, int oneStride, int otherStride)
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        for (var e = 0; e < n; e++)
        {
            for (var f = 0; f < n; f++)
            {
                long weight = weights[e * oneStride + f * otherStride];
                if (weight == 0)
                    continue;
                var place = PartOf[other * n + f];
                for (var part = 0; part < parts; part++)
                    Affinity[(one * n + e) * parts + part] += weight * problem.Kept(place, part);
            }
        }
    }
}
