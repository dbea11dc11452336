namespace MoEPlace.Placement.Copies;

/// <summary>
/// The search over layers that depend on each other: all of them where hidden states stay with their experts, else each by itself. A
/// walk cools thinned-out tokens first, which costs little and shows where a division is heading, then all of them.
/// </summary>
internal sealed class CopyWalk
{
    private const double FirstPrice = 2;
    private const double Hot = 0.5;
    private const double Middle = 0.1;
    private const double Cold = 0.01;

    /// <summary>Load beyond the limits that a walk bears at first, in the middle, as a share of all.</summary>
    private const double HotOverload = 0.03;
    private const double MiddleOverload = 0.005;
    private readonly CopyState state;
    private readonly CopyState? thinned;
    private readonly NodeDivision? nodes;
    private readonly CopyStart start;
    private readonly int[] layers;
    private readonly SeedStream random;
    private readonly double scale;
    private readonly double melting;
    private readonly double load;
    private double price;

    /// <param name="states">Where the walk stands; shared with the walks of other layers, not with other workers.</param>
    /// <param name="start">What to start from, and the limits.</param>
    /// <param name="layers">The layers that are walked through.</param>
    /// <param name="random">Where its randomness comes from.</param>
    public CopyWalk(CopyStates states, CopyStart start, int[] layers, SeedStream random)
    {
        (state, thinned, nodes) = (states.All, states.Thinned, states.Nodes);
        (this.start, this.layers, this.random) = (start, layers, random);
        scale = CopyAnnealing.Scale(state, layers, states.RanksPerNode, random);
        melting = CopyAnnealing.Scale(state, layers, state.Parts, random);
        load = layers.Sum(layer => Enumerable.Range(0, state.Parts).Sum(part => (double)state.PartLoad[layer * state.Parts + part]));
        price = FirstPrice * scale / Math.Max(1, load / layers.Length / state.Items.Count);
        BestExpertOf = new int[layers.Length * state.Items.Count];
        BestPartOf = new int[BestExpertOf.Length];
        Keep();
    }

    /// <summary>The layers that are walked through.</summary>
    public ReadOnlySpan<int> Layers => layers;

    /// <summary>[layers of the walk, items] of the best division so far; it holds the limits.</summary>
    public int[] BestExpertOf { get; }

    /// <summary>[layers of the walk, items].</summary>
    public int[] BestPartOf { get; }

    /// <summary>Its cost.</summary>
    public double BestCost { get; private set; }

    /// <summary>A walk from a melted division: over nodes first where there are several, then over ranks.</summary>
    /// <param name="pace">How long.</param>
    public void Fresh(WalkPace pace)
    {
        var (hot, overload) = (Hot * melting, HotOverload);
        if (nodes is not null)
        {
            Melt(nodes, pace.Part(0.4));
            nodes.ToRanks(layers, start, thinned ?? state);
            (hot, overload) = (Hot * scale, MiddleOverload);
        }
        else if (thinned is not null)
            Copy(state, thinned);
        if (thinned is not null)
        {
            var share = thinned.Tokens / (double)state.Tokens;
            var thinnedPrice = price * share;
            var plan = new CoolingPlan(hot * share, Middle * scale * share, overload * load, MiddleOverload * load);
            CopyAnnealing.Run(thinned, layers, start.Most, random, plan, ref thinnedPrice, pace.Part(nodes is null ? 0.5 : 0.65));
            price = thinnedPrice / share;
            Copy(thinned, state);
            (hot, overload) = (Middle * scale, MiddleOverload);
        }
        CopyAnnealing.Run(
            state, layers, start.Most, random, new CoolingPlan(hot, Cold * scale, overload * load, 0), ref price, pace.Part(1));
        Settle(pace.Stop);
    }

    /// <summary>A walk from the best so far, warmed up but not melted.</summary>
    /// <param name="pace">How long.</param>
    public void Reheat(WalkPace pace)
    {
        Restore();
        CopyAnnealing.Run(
            state, layers, start.Most, random, new CoolingPlan(Middle * scale, Cold * scale, MiddleOverload * load, 0), ref price, pace.Part(1));
        Settle(pace.Stop);
    }

    private void Melt(NodeDivision on, Func<long, double> done)
    {
        on.Reset(layers, state.Items);
        var unit = CopyAnnealing.Scale(on.State, layers, on.State.Parts, random);
        var nodePrice = FirstPrice * unit / Math.Max(1, load / layers.Length / state.Items.Count);
        var plan = new CoolingPlan(Hot * unit, Cold * unit, HotOverload * load, 0);
        CopyAnnealing.Run(on.State, layers, on.Most, random, plan, ref nodePrice, done);
    }

    private void Settle(Func<bool> stop)
    {
        foreach (var layer in layers)
            CopyDescent.Repair(state, layer, start.Most[layer], start);
        CopyDescent.Descend(state, layers, start.Most, stop);
        if (Cost() < BestCost)
            Keep();
    }

    private double Cost()
    {
        var cost = 0.0;
        foreach (var layer in layers)
            cost += state.LayerCost[layer];
        return cost;
    }

    private void Keep()
    {
        var n = state.Items.Count;
        BestCost = Cost();
        for (var i = 0; i < layers.Length; i++)
        {
            state.Items.ExpertOf.AsSpan(layers[i] * n, n).CopyTo(BestExpertOf.AsSpan(i * n));
            state.Items.PartOf.AsSpan(layers[i] * n, n).CopyTo(BestPartOf.AsSpan(i * n));
        }
    }

    private void Restore()
    {
        var n = state.Items.Count;
        for (var i = 0; i < layers.Length; i++)
            Take(state, layers[i], BestExpertOf.AsSpan(i * n, n), BestPartOf.AsSpan(i * n, n));
    }

    private void Copy(CopyState from, CopyState to)
    {
        var n = state.Items.Count;
        foreach (var layer in layers)
            Take(to, layer, from.Items.ExpertOf.AsSpan(layer * n, n), from.Items.PartOf.AsSpan(layer * n, n));
    }

    private static void Take(CopyState state, int layer, ReadOnlySpan<int> expertOf, ReadOnlySpan<int> partOf)
    {
        var n = state.Items.Count;
        if (!partOf.SequenceEqual(state.Items.PartOf.AsSpan(layer * n, n)) || !expertOf.SequenceEqual(state.Items.ExpertOf.AsSpan(layer * n, n)))
            state.Assign(layer, expertOf, partOf);
    }
}
