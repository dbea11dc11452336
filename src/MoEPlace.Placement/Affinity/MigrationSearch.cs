namespace MoEPlace.Placement.Affinity;

/// <summary>
/// The best division within a number of moves from the one in force. A price on each move (Lagrange) turns the limit into a bonus for
/// staying, which all moves of the search know; lowering the price from one at which nothing moves walks along the curve of gain against
/// moves, then halving finds the price whose walks end near the limit. What is left of the limit is spent by walks that
/// never exceed it.
/// </summary>
internal sealed class MigrationSearch
{
    private const int ProposalsPerExpert = 2_000;
    private const double Heat = 0.3;
    private const int LadderSteps = 14;
    private const int HalvingSteps = 10;
    private const int FilledPoints = 4;
    private const double ShareOfTimeLeft = 0.4;

    /// <summary>The first price, in mean changes of a random swap, and what each step leaves of it.</summary>
    private const double FirstPrice = 4;
    private const double PriceFactor = 0.65;
    private readonly ChainProblem problem;
    private readonly long mostMoves;
    private readonly ChainSearch search;
    private readonly SeedStream random;
    private readonly double scale;
    private readonly Func<bool> stop;

    /// <param name="chain">The chain, without anything in force.</param>
    /// <param name="start">Where the migration begins.</param>
    /// <param name="mostMoves">The limit; long.MaxValue for none.</param>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="stop">True when time is up.</param>
    public MigrationSearch(ChainProblem chain, MigrationStart start, long mostMoves, SeedStream random, Func<bool> stop)
    {
        problem = chain.Staying(start.HomeOf, start.Most);
        this.mostMoves = mostMoves;
        this.random = random;
        this.stop = stop;
        search = new ChainSearch(problem, start.PartOf, random);
        scale = search.Scale;
        Front = new MigrationFront(start.HomeOf);
        Front.Add(start.PartOf, problem.KeptWeight(start.PartOf));
    }

    /// <summary>All that was found on the way.</summary>
    public MigrationFront Front { get; }

    /// <summary>Searches.</summary>
    /// <param name="rounds">How many times the whole way is walked; each goes on from the last one's divisions.</param>
    /// <param name="secondsLeft">Until the time limit, so that walks are short enough for the whole way; infinite without one.</param>
    public void Run(long rounds, double secondsLeft)
    {
        var proposals = (long)ProposalsPerExpert * problem.Layers * problem.Experts;
        var effort = new Effort(proposals, secondsLeft * ShareOfTimeLeft / (LadderSteps + HalvingSteps + FilledPoints));
        for (var round = 0L; round < rounds && mostMoves > 0 && !stop(); round++)
        {
            var (price, tooDear, tooCheap) = (FirstPrice * scale, double.NaN, double.NaN);
            for (var step = 0; step < LadderSteps && !stop(); step++, price *= PriceFactor)
                Note(price, ref tooDear, ref tooCheap, Try(price, effort));
            for (var step = 0; step < HalvingSteps && !stop() && tooDear > 0 && tooCheap > 0; step++)
            {
                price = Math.Sqrt(tooDear * tooCheap);
                Note(price, ref tooDear, ref tooCheap, Try(price, effort));
            }
            Spend(proposals);
        }
    }

    /// <summary>Spends what is left of the limit, from the divisions that come next to it.</summary>
    private void Spend(long proposals)
    {
        problem.StayWeight = 0;
        var walk = new BudgetWalk(problem, mostMoves, Front);
        foreach (var (_, _, partOf) in Front.Points.Where(p => p.Moves <= mostMoves).TakeLast(FilledPoints).ToArray())
        {
            search.State.Reset(partOf);
            walk.Fill(search.State, stop);
        }
        for (var i = 0; i < FilledPoints && !stop(); i++)
        {
            search.State.Reset(Front.Within(mostMoves).PartOf);
            walk.Anneal(search.State, random, proposals, Heat * scale, scale, stop);
        }
    }

    private void Note(double price, ref double tooDear, ref double tooCheap, long moves)
    {
        if (moves <= mostMoves)
            tooDear = double.IsNaN(tooDear) ? price : Math.Min(tooDear, price);
        else
            tooCheap = double.IsNaN(tooCheap) ? price : Math.Max(tooCheap, price);
    }

    private long Try(double price, Effort effort)
    {
        problem.StayWeight = (long)Math.Ceiling(price);
        // From the best known at this price: what lies beyond the limit may lead back to it.
        var from = Front.Points.MaxBy(p => p.Kept - problem.StayWeight * p.Moves).PartOf;
        search.Reheat(from, Heat, effort, stop);
        return Front.Add(search.State.PartOf, KeptAlone());
    }

    private long KeptAlone()
    {
        var stays = search.State.PartOf.Length - Front.Moves(search.State.PartOf);
        return search.State.Kept - problem.StayWeight * stays;
    }
}
