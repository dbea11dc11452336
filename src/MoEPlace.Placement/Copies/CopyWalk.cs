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
    private readonly CopyStart start;
    private readonly int[] layers;
    private readonly SeedStream random;
    private readonly double scale;
    private readonly double thinnedScale;
    private readonly double load;
    private double price;

    /// <param name="state">Where the walk stands; shared with the walks of other layers, not with other workers.</param>
    /// <param name="thinned">The same over fewer tokens; null where there are few.</param>
    /// <param name="start">What to start from, and the limits.</param>
    /// <param name="layers">The layers that are walked through.</param>
    /// <param name="random">Where its randomness comes from.</param>
    public CopyWalk(CopyState state, CopyState? thinned, CopyStart start, int[] layers, SeedStream random)
    {
        (this.state, this.thinned, this.start, this.layers, this.random) = (state, thinned, start, layers, random);
        scale = CopyAnnealing.Scale(state, layers, random);
        thinnedScale = thinned is null ? scale : CopyAnnealing.Scale(thinned, layers, random);
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

    /// <summary>A walk from a melted division.</summary>
    /// <param name="pace">How long.</param>
    public void Fresh(WalkPace pace)
    {
        if (thinned is not null)
        {
            Copy(state, thinned);
            var thinnedPrice = price * thinned.Tokens / state.Tokens;
            CopyAnnealing.Run(
                thinned, layers, start.Most, random, Plan(thinnedScale, Hot, Middle, HotOverload, MiddleOverload), ref thinnedPrice, pace.Part(0.5));
            price = thinnedPrice * state.Tokens / thinned.Tokens;
            Copy(thinned, state);
        }
        var (hot, overload) = thinned is null ? (Hot, HotOverload) : (Middle, MiddleOverload);
        CopyAnnealing.Run(state, layers, start.Most, random, Plan(scale, hot, Cold, overload, 0), ref price, pace.Part(1));
        Settle(pace.Stop);
    }

    /// <summary>A walk from the best so far, warmed up but not melted.</summary>
    /// <param name="pace">How long.</param>
    public void Reheat(WalkPace pace)
    {
        Restore();
        CopyAnnealing.Run(state, layers, start.Most, random, Plan(scale, Middle, Cold, MiddleOverload, 0), ref price, pace.Part(1));
        Settle(pace.Stop);
    }

    private CoolingPlan Plan(double unit, double hot, double cold, double firstOverload, double lastOverload) =>
        new(hot * unit, cold * unit, firstOverload * load, lastOverload * load);

    private void Settle(Func<bool> stop)
    {
        var a = layers.Sum(l => state.LayerCost[l]);
        foreach (var layer in layers)
            CopyDescent.Repair(state, layer, start.Most[layer], start);
        var b = layers.Sum(l => state.LayerCost[l]);
        CopyDescent.Descend(state, layers, start.Most, stop);
        if (Environment.GetEnvironmentVariable("CW") != null)
            Console.Error.WriteLine($"round layer {layers[0]} anneal {a} repair {b} descend {layers.Sum(l => state.LayerCost[l])} price {price:F2} scale {scale:F1}");
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
