namespace MoEPlace.Placement.Copies;

/// <summary>
/// One of the workers of <see cref="CopySearch"/>: rounds from its own random stream, so that what it finds after a number of rounds
/// depends on nothing else. It walks through its chains one by one, a chain being layers that depend on each other.
/// </summary>
internal sealed class CopyWorker
{
    private const long ProposalsPerItem = 10_000;
    private readonly CopyState state;
    private readonly CopyState? coarse;
    private readonly long[] mostLoad;
    private readonly int[] balanced;
    private readonly int[][] chains;
    private readonly SeedStream random;
    private readonly double[] scale;
    private readonly double[] coarseScale;
    private readonly double[] price;
    private readonly double ratio;

    public CopyWorker(CopyState state, CopyState? coarse, long[] mostLoad, int[] balanced, int[][] chains, SeedStream random)
    {
        (this.state, this.coarse, this.mostLoad, this.balanced, this.chains, this.random) = (state, coarse, mostLoad, balanced, chains, random);
        balanced.CopyTo(state.Items.PartOf.AsSpan());
        state.Reset();
        Best = [.. balanced];
        BestCost = [.. chains.Select(Cost)];
        scale = [.. chains.Select(chain => CopyAnnealing.Scale(state, chain, random))];
        price = [.. scale.Select(s => FirstPrice * s / Math.Max(1, state.Items.Load.Average()))];
        coarseScale = scale;
        if (coarse is null)
            return;
        balanced.CopyTo(coarse.Items.PartOf.AsSpan());
        coarse.Reset();
        coarseScale = [.. chains.Select(chain => CopyAnnealing.Scale(coarse, chain, random))];
        ratio = coarse.Tokens / (double)state.Tokens;
    }

    static double E(string n, double d) => double.TryParse(Environment.GetEnvironmentVariable(n), out var v) ? v : d;
    public static double FirstPrice = E("PRICE", 2), Hot = E("HOT", 0.5), Mid = E("MID", 0.1), Warm = E("WARM", 0.1), Cold = E("COLD", 0.01), CoarseShare = E("CS", 0.5);
    public static double[] Shares = [E("S0", 0.1), E("S1", 0.75), 0.5, 0.5];

    /// <summary>[layers, items] the best division so far of the layers of its chains; holds the limits.</summary>
    public int[] Best { get; }

    /// <summary>[chains].</summary>
    public double[] BestCost { get; }

    /// <summary>Rounds done.</summary>
    public long Rounds { get; private set; }

    /// <summary>Does one round over all chains.</summary>
    /// <param name="secondsLeft">Until the time limit; infinite without one.</param>
    /// <param name="stop">True ends the round early; its result counts all the same.</param>
    public void Round(Func<double> clock, double secondsLeft, Func<bool> stop)
    {
        var begin = clock();
        for (var c = 0; c < chains.Length && !stop(); c++)
        {
            var share = Rounds < Shares.Length ? Shares[Rounds] : 0.5;
            var until = begin + secondsLeft * share * (c + 1) / chains.Length;
            Walk(c, clock, until, stop);
        }
        Rounds++;
    }

    private long Anneal(CopyState on, int c, double hot, double cold, Func<double> clock, double until, double proposals, Func<bool> stop)
    {
        var begin = clock();
        var r = on == coarse ? ratio : 1;
        var s = on == coarse ? coarseScale[c] : scale[c];
        return CopyAnnealing.Run(on, chains[c], mostLoad, random, hot * s, cold * s, price[c] * r, tried => stop() ? 1
            : double.IsInfinity(until) ? tried / proposals
            : (clock() - begin) / Math.Max(1e-3, until - begin));
    }

    private void Walk(int c, Func<double> clock, double until, Func<bool> stop)
    {
        var chain = chains[c];
        var n = state.Items.Count;
        var wanted = (double)ProposalsPerItem * chain.Length * state.Items.Count;
        if (Rounds > 1)
            Restore(chain);
        var w = clock();
        var hot = Rounds < 2 ? Hot : Warm;
        long tried0 = 0;
        double s0 = 0;
        if (coarse is not null && Rounds < 2)
        {
            foreach (var layer in chain)
                state.Items.PartOf.AsSpan(layer * n, n).CopyTo(coarse.Items.PartOf.AsSpan(layer * n));
            if (chain.Length > 1) coarse.Reset(); else coarse.Reset(chain[0]);
            tried0 = Anneal(coarse, c, Hot, Mid, clock, clock() + (until - clock()) * CoarseShare, wanted, stop);
            foreach (var layer in chain)
                coarse.Items.PartOf.AsSpan(layer * n, n).CopyTo(state.Items.PartOf.AsSpan(layer * n));
            if (chain.Length > 1) state.Reset(); else state.Reset(chain[0]);
            hot = Mid;
            s0 = clock() - w;
        }
        var z = Cost(chain);
        w = clock();
        var tried = Anneal(state, c, hot, Cold, clock, until, wanted, stop);
        var s1 = clock() - w;
        var a = Cost(chain);
        // A walk that ends over its limits paid too little for it.
        var over = chain.Any(l => state.PartLoad.AsSpan(l * state.Parts, state.Parts).ContainsAnyInRange(mostLoad[l] == long.MaxValue ? long.MaxValue : mostLoad[l] + 1, long.MaxValue));
        price[c] *= over ? 1.5 : 0.9;
        foreach (var layer in chain)
            CopyDescent.Repair(state, layer, mostLoad[layer], balanced.AsSpan(layer * n, n));
        var b = Cost(chain);
        CopyDescent.Descend(state, chain, mostLoad, stop);
        var cost = Cost(chain);
        if (Environment.GetEnvironmentVariable("CW") != null)
            Console.Error.WriteLine($"round {Rounds} chain {c} coarse {tried0} in {s0:F2} tried {tried} in {s1:F2} rate {tried / s1:E2} start {z} anneal {a} repair {b} descend {cost} over {over} price {price[c]:F2} scale {scale[c]:F1}");
        if (cost >= BestCost[c])
            return;
        BestCost[c] = cost;
        foreach (var layer in chain)
            state.Items.PartOf.AsSpan(layer * n, n).CopyTo(Best.AsSpan(layer * n));
    }

    private void Restore(int[] chain)
    {
        var n = state.Items.Count;
        foreach (var layer in chain)
            Best.AsSpan(layer * n, n).CopyTo(state.Items.PartOf.AsSpan(layer * n));
        if (chain.Length > 1)
            state.Reset();
        else
            state.Reset(chain[0]);
    }

    private double Cost(int[] chain)
    {
        var cost = 0.0;
        foreach (var layer in chain)
            cost += state.LayerCost[layer];
        return cost;
    }
}
