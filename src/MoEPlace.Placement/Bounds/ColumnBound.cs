namespace MoEPlace.Placement.Bounds;

/// <summary>
/// Looks for prices of the experts under which the column bound is low. Rounds go from warm to cold: a round descends the smoothed dual
/// over the sets that matter, an exact pass over all sets then gives a bound that holds, and says which sets matter next.
/// </summary>
internal sealed class ColumnBound
{
    /// <summary>Up to this many sets in a layer all take part.</summary>
    private const int MostAtOnce = 2100;

    private const double FirstTemperature = 0.08;
    /// <summary>While warmer than this the sets around the good placement steer alone: proofs over many sets are dear.</summary>
    private const double FirstProof = 0.015;

    private const double LastTemperature = 1e-4;
    private const double Cooling = 0.6;
    private const int MostSteps = 60;
    private const int MostEntering = 1000;
    private const int MostActive = 2500;
    private const int StepsPerCheck = 8;

    private readonly ColumnChain chain;
    private readonly ExactPass exact;
    private readonly ActiveSets? active;
    private readonly Func<bool> stop;
    private readonly int[] prices;
    private readonly double[] point;
    private readonly double worth;
    private readonly int mostPrice;

    /// <param name="chain">The columns.</param>
    /// <param name="rankOf">Gives a good placement, [layers, experts]; asked where not all sets can take part at once.</param>
    /// <param name="worth">About what a set of a good column is worth, in units.</param>
    /// <param name="stop">Asked between steps.</param>
    public ColumnBound(ColumnChain chain, Func<int[]> rankOf, double worth, Func<bool> stop)
    {
        (this.chain, this.worth, this.stop) = (chain, worth, stop);
        exact = new ExactPass(chain, stop);
        active = chain.Layers > 1 && chain.Sets.Any(s => s.Count > MostAtOnce) ? new ActiveSets(chain, rankOf()) : null;
        var cells = chain.Layers * chain.Experts;
        (prices, point) = (new int[cells], new double[cells]);
        mostPrice = ColumnChain.MostValue / 2 / (chain.Layers * chain.Sets[0].Size);
    }

    /// <summary>The least upper bound so far on what all columns of a placement are worth; not scaled.</summary>
    public double Best { get; private set; } = double.PositiveInfinity;

    /// <summary>Prices to begin with: units for each expert of each layer.</summary>
    public void Begin(ReadOnlySpan<double> start) => start.CopyTo(point);

    /// <summary>Runs all rounds, or until told to stop.</summary>
    /// <param name="mostRounds">Limit in rounds.</param>
    /// <param name="found">Told of every better bound.</param>
    public void Run(int mostRounds, Action<double>? found)
    {
        var columns = active?.Columns() ?? chain;
        var pass = new SoftPass(columns);
        for (var heat = FirstTemperature; heat > LastTemperature && mostRounds-- > 0 && !stop(); heat *= Cooling)
        {
            pass.Cool(heat * worth);
            Descend(pass, heat * worth);
            if (active is not null && heat > FirstProof && mostRounds > 0)
                continue;
            Prove(columns, found);
            if (active is null || stop())
                continue;
            active.Update(exact.Through, MostEntering, MostActive);
            pass = new SoftPass(columns = active.Columns());
        }
    }

    private void Descend(SoftPass pass, double temperature)
    {
        var descent = new DualDescent(point.Length, pass.Evaluate);
        point.CopyTo(descent.Point, 0);
        var before = double.PositiveInfinity;
        for (var step = 1; step <= MostSteps && !stop() && descent.Step(temperature / 2); step++)
        {
            if (step % StepsPerCheck != 0)
                continue;
            if (before - descent.Value < 0.02 * temperature * chain.Ranks)
                break;
            before = descent.Value;
        }
        descent.Point.CopyTo(point, 0);
    }

    /// <summary>The bound at the present prices, by all sets.</summary>
    private void Prove(ColumnChain columns, Action<double>? found)
    {
        var sum = 0L;
        for (var i = 0; i < prices.Length; i++)
        {
            prices[i] = (int)Math.Round(Math.Clamp(point[i], -mostPrice, mostPrice));
            sum += prices[i];
        }
        if (exact.Best(prices, active is null ? null : columns) is not { } best)
            return;
        var bound = (sum + chain.Ranks * best) / chain.Scale;
        if (bound >= Best)
            return;
        Best = bound;
        found?.Invoke(bound);
    }
}
