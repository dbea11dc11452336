namespace MoEPlace.Placement.Copies;

/// <summary>
/// A division under search: the items of every layer on their parts, the copies that this costs between ranks and between nodes, and
/// what a swap of two items of a layer would change, exactly.
/// </summary>
internal sealed class CopyState
{
    private readonly CopyTier ranks;
    private readonly CopyTier? nodes;
    private readonly double nodeWeight;

    /// <param name="tokens">The recording.</param>
    /// <param name="items">What is divided.</param>
    /// <param name="parts">Ranks, or whole nodes.</param>
    /// <param name="nodes">Groups of parts between which copies cost more; 1 for none.</param>
    /// <param name="nodeWeight">What a copy to another node costs more.</param>
    public CopyState(TokenBits tokens, CopyItems items, int parts, int nodes, double nodeWeight)
    {
        (Items, Parts, this.nodeWeight, Tokens) = (items, parts, nodeWeight, tokens.Tokens);
        ranks = new CopyTier(tokens, items, parts, parts);
        this.nodes = nodes > 1 && nodeWeight > 0 ? new CopyTier(tokens, items, parts, nodes) : null;
        PartLoad = new long[items.Layers * parts];
        LayerCost = new double[items.Layers];
    }

    public CopyItems Items { get; }

    public int Parts { get; }

    /// <summary>Tokens that are counted.</summary>
    public int Tokens { get; }

    /// <summary>[layers, parts] (token, expert) pairs.</summary>
    public long[] PartLoad { get; }

    /// <summary>[layers] what each layer costs; where attractors move, what a swap changes in the next layer is booked on its own.</summary>
    public double[] LayerCost { get; }

    /// <summary>All layers.</summary>
    public double Cost => LayerCost.Sum();

    /// <summary>Load of a layer beyond the limits of its parts.</summary>
    public long Overload(int layer, long[] limits)
    {
        var over = 0L;
        for (var part = 0; part < Parts; part++)
            over += Math.Max(0, PartLoad[layer * Parts + part] - limits[part]);
        return over;
    }

    /// <summary>Takes over the items as they stand.</summary>
    public void Reset()
    {
        Array.Clear(PartLoad);
        for (var cell = 0; cell < Items.PartOf.Length; cell++)
            PartLoad[cell / Items.Count * Parts + Items.PartOf[cell]] += Items.Load[cell];
        ranks.Reset();
        nodes?.Reset();
        for (var layer = 0; layer < Items.Layers; layer++)
            LayerCost[layer] = CountCost(layer);
    }

    /// <summary>Gives a layer other items, or the same on other parts.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="expertOf">[items] as <see cref="CopyItems.Assign"/> takes them.</param>
    /// <param name="partOf">[items].</param>
    /// <returns>What that adds to the cost.</returns>
    public double Assign(int layer, ReadOnlySpan<int> expertOf, ReadOnlySpan<int> partOf)
    {
        var before = CountCost(layer) + CountNext(layer);
        Items.Assign(layer, expertOf, partOf);
        var load = PartLoad.AsSpan(layer * Parts, Parts);
        load.Clear();
        for (var cell = layer * Items.Count; cell < (layer + 1) * Items.Count; cell++)
            load[Items.PartOf[cell]] += Items.Load[cell];
        ranks.Reset(layer);
        nodes?.Reset(layer);
        var change = CountCost(layer) + CountNext(layer) - before;
        LayerCost[layer] += change;
        return change;
    }

    /// <summary>
    /// Gives the parts of a layer other names, each what stands on another, so that the fewest copies arise: an assignment, exact where
    /// nodes play no part. Not for replicas, which would be served other tokens.
    /// </summary>
    public void Rename(int layer)
    {
        var saved = new long[Parts * Parts];
        ranks.Fit(layer, saved);
        for (var i = 0; i < saved.Length; i++)
            saved[i] = -saved[i];
        var nameOf = new int[Parts];
        LinearAssignment.Solve(saved, Parts, nameOf);
        var (begin, n) = (layer * Items.Count, Items.Count);
        var partOf = new int[n];
        for (var i = 0; i < n; i++)
            partOf[i] = nameOf[Items.PartOf[begin + i]];
        Assign(layer, Items.ExpertOf.AsSpan(begin, n).ToArray(), partOf);
    }

    /// <summary>What a layer costs, counted anew.</summary>
    public double CountCost(int layer) => ranks.Cost(layer) + (nodes is null ? 0 : nodeWeight * nodes.Cost(layer));

    /// <summary>Whether two items of a layer may change places: on different parts, and replicas stay in the order of their ranks.</summary>
    public bool MaySwap(int layer, int a, int b)
    {
        var partOf = Items.PartOf;
        var (cellA, cellB) = (layer * Items.Count + a, layer * Items.Count + b);
        return partOf[cellA] != partOf[cellB]
            && (!Items.HasReplicas || (Items.Fits(layer, a, partOf[cellB]) && Items.Fits(layer, b, partOf[cellA])));
    }

    /// <summary>At least what swapping two items of a layer, on different parts, adds to the cost.</summary>
    public double LeastChange(int layer, int a, int b)
    {
        var (p, q) = (Items.PartOf[layer * Items.Count + a], Items.PartOf[layer * Items.Count + b]);
        double change = ranks.LeastChange(layer, a, b, p, q);
        if (nodes is null)
            return change;
        var (m, n) = (nodes.GroupOf(p), nodes.GroupOf(q));
        return m == n ? change : change + nodeWeight * nodes.LeastChange(layer, a, b, m, n);
    }

    /// <summary>What <see cref="LeastChange"/> leaves out, 0 or more.</summary>
    public double Overlap(int layer, int a, int b)
    {
        var (p, q) = (Items.PartOf[layer * Items.Count + a], Items.PartOf[layer * Items.Count + b]);
        double overlap = ranks.Overlap(layer, a, b, p, q);
        if (nodes is null)
            return overlap;
        var (m, n) = (nodes.GroupOf(p), nodes.GroupOf(q));
        return m == n ? overlap : overlap + nodeWeight * nodes.Overlap(layer, a, b, m, n);
    }

    /// <summary>Swaps two items of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="a">An item.</param>
    /// <param name="b">An item on another part.</param>
    /// <param name="change">What that adds to the cost.</param>
    public void Swap(int layer, int a, int b, double change)
    {
        var (cellA, cellB) = (layer * Items.Count + a, layer * Items.Count + b);
        var (p, q) = (Items.PartOf[cellA], Items.PartOf[cellB]);
        (Items.PartOf[cellA], Items.PartOf[cellB]) = (q, p);
        var shift = Items.Load[cellB] - Items.Load[cellA];
        PartLoad[layer * Parts + p] += shift;
        PartLoad[layer * Parts + q] -= shift;
        LayerCost[layer] += change;
        ranks.Swapped(layer, a, b, p, q);
        if (nodes is not null && nodes.GroupOf(p) != nodes.GroupOf(q))
            nodes.Swapped(layer, a, b, nodes.GroupOf(p), nodes.GroupOf(q));
    }

    private double CountNext(int layer)
    {
        var cost = 0.0;
        foreach (var to in ranks.Follows(layer))
            cost += CountCost(to);
        return cost;
    }
}
