namespace MoEPlace.Placement.Affinity;

/// <summary>
/// One walker over the divisions of a chain. A round anneals (from a random division or from the best so far), brings the load under its
/// limits, and then alternates the two exact moves until neither wins: whole layers as assignments, pairs of parts by dynamic programming.
/// </summary>
internal sealed class ChainSearch
{
    private const double Hot = 1;
    private const double Cold = 0.02;

    /// <summary>At first, overload by the mean load of an expert costs this many times what a random swap changes.</summary>
    private const double FirstPrice = 2;
    private readonly ChainProblem problem;
    private readonly int[] balanced;
    private readonly SeedStream random;
    private readonly Annealing annealing;
    private readonly LayerAssignment assignment;
    private readonly RankPairSweep? pairs;
    private double price;

    /// <param name="problem">The chain.</param>
    /// <param name="balanced">[layers, experts] a division that holds the load limits.</param>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="withPairs">False leaves out the division of pairs of parts: it takes long where parts are large.</param>
    public ChainSearch(ChainProblem problem, int[] balanced, SeedStream random, bool withPairs = true)
    {
        this.problem = problem;
        this.balanced = balanced;
        this.random = random;
        annealing = new Annealing(problem);
        assignment = new LayerAssignment(problem);
        pairs = withPairs && RankPairSweep.Fits(problem) ? new RankPairSweep(problem) : null;
        State = new ChainState(problem, balanced);
        Scale = Annealing.SwapScale(problem, State, random);
        price = FirstPrice * Scale / Math.Max(1, problem.Load.Average(l => l.Average()));
    }

    /// <summary>Where the walker stands.</summary>
    public ChainState State { get; }

    /// <summary>Mean change of the kept weight by a random swap.</summary>
    public double Scale { get; }

    /// <summary>A round from a random division.</summary>
    public void Fresh(Effort effort, Func<bool> stop)
    {
        var start = BalancedDivision.InOrder(problem.Layers, problem.CapacityOf);
        for (var layer = 0; layer < problem.Layers; layer++)
            random.Shuffle(start.AsSpan(layer * problem.Experts, problem.Experts));
        Round(start, Hot, effort, stop);
    }

    /// <summary>A round from a given division, warmed up but not melted.</summary>
    /// <param name="from">[layers, experts].</param>
    /// <param name="heat">First temperature, as a share of that of a fresh round.</param>
    /// <param name="effort">How long it anneals; the exact moves that follow go on until they win nothing.</param>
    /// <param name="stop">True ends the round early.</param>
    public void Reheat(ReadOnlySpan<int> from, double heat, Effort effort, Func<bool> stop) => Round(from, heat * Hot, effort, stop);

    /// <summary>The exact moves alone, from a given division.</summary>
    public void Polish(ReadOnlySpan<int> from, Func<bool> stop)
    {
        State.Reset(from);
        Polish(stop);
    }

    private void Round(ReadOnlySpan<int> from, double heat, Effort effort, Func<bool> stop)
    {
        State.Reset(from);
        annealing.Run(State, random, effort, heat * Scale, Cold * Scale, price, stop);
        // A walk that ends over its limits paid too little for it.
        if (problem.HasLoadLimit)
            price *= problem.Overload(State.PartOf) > 0 ? 1.5 : 0.9;
        Polish(stop);
    }

    private void Polish(Func<bool> stop)
    {
        assignment.Repair(State, balanced, stop);
        long won;
        do
        {
            won = assignment.Sweep(State, stop);
            if (pairs is not null && !stop())
                won += pairs.Sweep(State, random, stop);
        }
        while (won > 0 && !stop());
    }
}
