namespace MoEPlace.Placement.Copies;

/// <summary>
/// One of the workers of <see cref="CopySearch"/>: rounds from its own random stream, so that what it finds after a number of rounds
/// depends on nothing else. The first two rounds start afresh, a short one for a result at hand and a long one; then two of three reheat.
/// </summary>
internal sealed class CopyWorker
{
    private const long ProposalsPerItem = 5_000;

    /// <summary>The time left that a round takes.</summary>
    private static readonly double[] Shares = [0.1, 0.75, 0.5];
    private readonly CopyWalk[] walks;
    private readonly int items;

    /// <param name="states">Its own.</param>
    /// <param name="start">What to start from, and the limits.</param>
    /// <param name="chains">Layers that depend on each other, for each walk.</param>
    /// <param name="random">Where its randomness comes from.</param>
    public CopyWorker(CopyStates states, CopyStart start, int[][] chains, SeedStream random)
    {
        items = start.Items;
        walks = [.. chains.Select(layers => new CopyWalk(states, start, layers, random))];
    }

    /// <summary>What it walks through, with the best so far.</summary>
    public ReadOnlySpan<CopyWalk> Walks => walks;

    /// <summary>The cost of the best so far.</summary>
    public double BestCost => walks.Sum(walk => walk.BestCost);

    /// <summary>Rounds done.</summary>
    public long Rounds { get; private set; }

    /// <summary>Does one round.</summary>
    /// <param name="clock">Seconds since the search began.</param>
    /// <param name="end">When the search shall end; infinite without a time limit.</param>
    /// <param name="stop">True ends the round early; its result counts all the same.</param>
    public void Round(Func<double> clock, double end, Func<bool> stop)
    {
        var begin = clock();
        var seconds = Math.Max(0, end - begin) * Shares[Math.Min(Rounds, Shares.Length - 1)];
        for (var i = 0; i < walks.Length && !stop(); i++)
        {
            var pace = new WalkPace(
                clock, clock(), begin + seconds * (i + 1) / walks.Length, ProposalsPerItem * walks[i].Layers.Length * items, stop);
            if (Rounds < 2 || Rounds % 3 == 0)
                walks[i].Fresh(pace);
            else
                walks[i].Reheat(pace);
        }
        Rounds++;
    }
}
