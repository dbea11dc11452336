using System.Diagnostics;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// One of the workers of <see cref="CopySearch"/>: rounds from its own random stream, so that what it finds after a number of rounds
/// depends on nothing else. It walks through its chains one by one, a chain being layers that depend on each other.
/// </summary>
internal sealed class CopyWorker
{
    private const long ProposalsPerItem = 10_000;
    private readonly CopyState state;
    private readonly long[] mostLoad;
    private readonly int[] balanced;
    private readonly int[][] chains;
    private readonly SeedStream random;
    private readonly double[] scale;
    private readonly double[] price;

    public CopyWorker(CopyState state, long[] mostLoad, int[] balanced, int[][] chains, SeedStream random)
    {
        (this.state, this.mostLoad, this.balanced, this.chains, this.random) = (state, mostLoad, balanced, chains, random);
        balanced.CopyTo(state.Items.PartOf.AsSpan());
        state.Reset();
        Best = [.. balanced];
        BestCost = [.. chains.Select(Cost)];
        scale = [.. chains.Select(chain => CopyAnnealing.Scale(state, chain, random))];
        price = [.. scale.Select(s => FirstPrice * s / Math.Max(1, state.Items.Load.Average()))];
    }

    public static double FirstPrice = 2, Hot = 0.5, Warm = 0.1, Cold = 0.01;
    public static double[] Shares = [0.1, 0.75, 0.5, 0.5];

    /// <summary>[layers, items] the best division so far of the layers of its chains; holds the limits.</summary>
    public int[] Best { get; }

    /// <summary>[chains].</summary>
    public double[] BestCost { get; }

    /// <summary>Rounds done.</summary>
    public long Rounds { get; private set; }

    /// <summary>Does one round over all chains.</summary>
    /// <param name="secondsLeft">Until the time limit; infinite without one.</param>
    /// <param name="stop">True ends the round early; its result counts all the same.</param>
    public void Round(double secondsLeft, Func<bool> stop)
    {
        var watch = Stopwatch.StartNew();
        for (var c = 0; c < chains.Length && !stop(); c++)
        {
            var share = Rounds < Shares.Length ? Shares[Rounds] : 0.5;
            var until = secondsLeft * share * (c + 1) / chains.Length;
            var begin = watch.Elapsed.TotalSeconds;
            var wanted = ProposalsPerItem * chains[c].Length * state.Items.Count;
            Walk(c, tried => stop() ? 1
                : double.IsInfinity(secondsLeft) ? (double)tried / wanted
                : (watch.Elapsed.TotalSeconds - begin) / Math.Max(1e-3, until - begin), stop);
        }
        Rounds++;
    }

    private void Walk(int c, Func<long, double> done, Func<bool> stop)
    {
        var chain = chains[c];
        var n = state.Items.Count;
        if (Rounds > 1)
            Restore(chain);
        var w = Stopwatch.StartNew();
        var tried = CopyAnnealing.Run(state, chain, mostLoad, random, (Rounds < 2 ? Hot : Warm) * scale[c], Cold * scale[c], price[c], done);
        var s1 = w.Elapsed.TotalSeconds;
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
            Console.Error.WriteLine($"round {Rounds} chain {c} tried {tried} in {s1:F2} rate {tried / s1:E2} anneal {a} repair {b} descend {cost} over {over} price {price[c]:F2} scale {scale[c]:F1}");
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
